import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, type TestContext, vi } from "vitest";
import { loadAdminSchema } from "../../../sandbox/http/graphql/schema.ts";
import type { Sandbox } from "../../../sandbox/start.ts";
import { PROJECT_ROOT } from "../../../scripts/project-root.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { startTestSandbox, TEST_APP } from "../../support/sandbox.ts";
import { EXAMPLES, olderPeers, type SessionTable } from "./examples.ts";

const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/;
export const run = promisify(execFile);

/** A program of the folder that runs as the simulator's app, over a database of its own. */
export interface ServedApp {
  origin: string;
  database: TestDatabase;
  /** All it has written. */
  output(): string;
}

/** The packed package and the adopted examples, installed together in an empty folder as an adopter would, and the simulator. */
export function packedExamples() {
  const secret = randomBytes(32).toString("hex");
  const children: ChildProcess[] = [];
  let folder: string;
  let sandbox: Sandbox;
  /** Why there is nothing to test. */
  let noRegistry: string | undefined;

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    // The simulator answers from this process: the first merchant would wait for the schema.
    loadAdminSchema("2026-10");
    folder = mkdtempSync(join(tmpdir(), "expand-contract-package-"));
    const began = performance.now();
    const isInstalled = await packAndInstall(folder);
    if (!isInstalled) {
      noRegistry = "npm's registry cannot be reached";
      return;
    }
    rmSync(join(folder, "node_modules/@prisma"), { recursive: true, force: true });
    symlinkSync(join(PROJECT_ROOT, "node_modules/@prisma"), join(folder, "node_modules/@prisma"));
    cpSync(join(PROJECT_ROOT, "tests/fixtures/examples"), folder, { recursive: true });
    await Promise.all(EXAMPLES.map((example) => adopt(folder, example.name, example.table)));
    console.info(`packed, installed and patched in ${Math.round((performance.now() - began) / 1000)} s`);
  }, 240_000);
  afterAll(async () => {
    await Promise.all(
      children.map((child) => {
        child.kill("SIGKILL");
        return new Promise((resolve) =>
          child.exitCode === null ? child.once("exit", resolve) : resolve(child.exitCode),
        );
      }),
    );
    await sandbox?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  return {
    secret,
    get folder(): string {
      return folder;
    },
    get sandbox(): Sandbox {
      return sandbox;
    },
    get isMissing(): boolean {
      return noRegistry !== undefined;
    },
    /** For `beforeEach`: leaves out what cannot be tested without npm's registry. */
    skipWithoutRegistry(context: TestContext): void {
      if (noRegistry) context.skip(noRegistry);
    },

    /** The package's own command, as an adopter calls it. */
    command: (args: string[], env: Record<string, string>) =>
      run(join(folder, "node_modules/.bin/expand-contract"), args, { cwd: folder, env: { ...process.env, ...env } }),

    /**
     * Starts a program of the folder over a table as its storage makes it and the package migrates it. The database is the caller's to drop.
     * @param args of Node.
     * @param migrate more arguments of `expand-contract db migrate`.
     */
    async serve(args: string[], sessions: SessionTable, migrate: string[] = []): Promise<ServedApp> {
      const database = await createTestDatabase({ empty: true });
      await database.query(sessions.create);
      await this.command(["db", "migrate", ...migrate], { DATABASE_URL: database.url });
      let output = "";
      const child = spawn(process.execPath, args, {
        cwd: folder,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...process.env,
          DATABASE_URL: database.url,
          ...sandbox.env,
          SHOPIFY_API_KEY: TEST_APP.clientId,
          SHOPIFY_API_SECRET: TEST_APP.clientSecret,
          SHOPIFY_APP_URL: TEST_APP.url,
          SCOPES: TEST_APP.scopes.join(","),
          MIGRATION_SECRET: secret,
        },
      });
      children.push(child);
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
      const listening = () => /listening on .*"port":(\d+)/.exec(output) ?? expect.fail(`does not listen:\n${output}`);
      const origin = `http://127.0.0.1:${(await vi.waitFor(listening, 30_000))[1]}`;
      return { origin, database, output: () => output };
    },
  };
}

export type PackedExamples = ReturnType<typeof packedExamples>;

/** @returns false where npm's registry cannot be reached. */
async function packAndInstall(folder: string): Promise<boolean> {
  const pack = ["pack", "--silent", "--workspace", "expand-contract", "--pack-destination", folder];
  await run("npm", pack, { cwd: PROJECT_ROOT });
  const packages = new Map<string, string>();
  for (const { name } of EXAMPLES) {
    const manifest = readFileSync(join(PROJECT_ROOT, "examples", name, "package.json"), "utf8");
    const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
    for (const [dependency, version] of Object.entries(dependencies)) packages.set(dependency, version);
  }
  for (const [name, version] of Object.entries(olderPeers ?? {})) packages.set(name, version);
  // The client is generated from a schema by Prisma's own command, which the repository has run for the same model.
  for (const name of packages.keys()) if (name.startsWith("@prisma/")) packages.delete(name);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const wanted = [...packages].map(([name, version]) => `${name}@${version}`);
  const quick = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"];
  try {
    await run("npm", ["install", ...quick, "./expand-contract-0.1.0.tgz", ...wanted], { cwd: folder });
    return true;
  } catch (error) {
    if (UNREACHABLE.test(String((error as { stderr?: string }).stderr))) return false;
    throw error;
  }
}

/** The example in the folder, with its patch applied and, where it has file routes, with those of the tests. */
async function adopt(folder: string, name: string, table: SessionTable["table"]): Promise<void> {
  const target = join(folder, name);
  cpSync(join(PROJECT_ROOT, "examples", name), target, { recursive: true });
  const patch = ["apply", "--unsafe-paths", `--directory=${target}`, join(target, "adopted.patch")];
  await run("git", patch, { cwd: tmpdir() });
  if (table === "Session") cpSync(join(folder, "routes"), join(target, "app/routes"), { recursive: true });
  if (!olderPeers) return;
  // The newest version of the API has no name in older libraries.
  const settings = ["app/shopify.server.ts", "shopify.js"].map((file) => join(target, file)).find(existsSync)!;
  writeFileSync(
    settings,
    readFileSync(settings, "utf8").replaceAll(
      "ApiVersion.October26",
      '"2026-10" as ApiVersion'.slice(0, settings.endsWith("ts") ? undefined : 9),
    ),
  );
}
