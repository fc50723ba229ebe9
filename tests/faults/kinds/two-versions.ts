import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { deployMigrations } from "../../../scripts/deploy-migrations.ts";
import { PROJECT_ROOT } from "../../../scripts/project-root.ts";
import { type Fault, type FaultContext, sleep } from "../fault.ts";

/** The last commit of version 0.1.0, whose tables lay beside `Session`. */
const EARLIER = "eab1b7a30187cfea7c8ea49d3d72a0e0c9bf908d";
const FOLDER = join(tmpdir(), `expand-contract-${EARLIER.slice(0, 12)}`);
/** As long as a load balancer takes to see an instance. */
const SEEN_MS = 500;
/** Both versions serve side by side for this long. */
const SIDE_BY_SIDE_MS = 4_000;

async function run(command: string, args: string[], cwd: string, env: Record<string, string> = {}): Promise<void> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env } as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2_000)));
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${String(code)}: ${said.trim().slice(-500)}`);
}

/** Version 0.1.0 out of git, with its packages, built; kept for the next time. */
async function buildEarlier(): Promise<void> {
  if (existsSync(join(FOLDER, "built"))) return;
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER);
  const archive = `${FOLDER}.tar`;
  await run("git", ["archive", "--output", archive, EARLIER], PROJECT_ROOT);
  await run("tar", ["-xf", archive], FOLDER);
  await rm(archive);
  await run("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0"], FOLDER, {
    NODE_ENV: "",
  });
  const own = (...args: string[]) =>
    run(process.execPath, args, FOLDER, { NODE_ENV: "production", DATABASE_URL: "postgresql://nobody@127.0.0.1/none" });
  await own("node_modules/prisma/build/index.js", "generate");
  await own("node_modules/@remix-run/dev/dist/cli.js", "vite:build");
  await writeFile(join(FOLDER, "built"), "");
}

async function whyMissing(): Promise<string | undefined> {
  try {
    await run("git", ["cat-file", "-e", `${EARLIER}^{commit}`], PROJECT_ROOT);
  } catch {
    return `git has no commit ${EARLIER} here (a shallow clone: git fetch --unshallow)`;
  }
  try {
    await buildEarlier();
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : "unknown";
    // One cell of a table.
    return `version 0.1.0 could not be built: ${why.replaceAll(/[\s|]+/g, " ").slice(0, 200)}`;
  }
}

/** The database as version 0.1.0 makes it. */
async function deployEarlier(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `DROP SCHEMA IF EXISTS expand_contract, expand_contract_jobs CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public`,
  );
  await client.end();
  await run(process.execPath, ["node_modules/prisma/build/index.js", "migrate", "deploy"], FOLDER, {
    DATABASE_URL: databaseUrl,
  });
}

/** Each instance is replaced by one of the other release, then ended as a deployment does. */
async function replace({ world }: FaultContext, root: string | undefined): Promise<void> {
  for (const index of [0, 1]) {
    const before = world.processes[index]!;
    await world.restart(index, root);
    await sleep(SEEN_MS);
    await before.stop(40_000);
    if (index === 0) await sleep(SIDE_BY_SIDE_MS);
  }
}

export const twoVersions: Record<string, Fault> = {
  "upgrade-in-run": {
    title:
      "Version 0.1.0 is replaced by this one under load, in the middle of a migration that it began: `npm run db:deploy`, both side by side, then this one alone",
    seconds: 0,
    inRun: true,
    missing: whyMissing,
    async prepare(databaseUrl) {
      await deployEarlier(databaseUrl);
      return { root: FOLDER };
    },
    async happen(context) {
      await sleep(SEEN_MS);
      await deployMigrations(context.world.databaseUrl);
      await replace(context, undefined);
    },
  },
  "back-and-forth-in-run": {
    title:
      "This version is rolled back to 0.1.0 on its own schema under load, in the middle of a migration, and rolled out again",
    seconds: 0,
    inRun: true,
    missing: whyMissing,
    async prepare(databaseUrl) {
      // As it is after an upgrade: 0.1.0 finds its tables as views.
      await deployEarlier(databaseUrl);
      await deployMigrations(databaseUrl);
      return {};
    },
    async happen(context) {
      await sleep(SEEN_MS);
      await replace(context, FOLDER);
      await replace(context, undefined);
    },
  },
};
