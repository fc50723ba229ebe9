import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunView } from "../../app/migration/index.ts";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { testDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";

const database = testDatabase();
let sandbox: Sandbox;
let app: TestApp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  await seed("cli", 12);
  await sandbox.client.freeze("cli-3.myshopify.com");
  app = await startTestApp({ sandbox, databaseUrl: database.current.url });
});
afterAll(async () => {
  await app?.expectNoSecretsInLogs();
  await app?.stop();
  await sandbox?.close();
});

async function seed(name: string, count: number): Promise<void> {
  const shops = Array.from({ length: count }, (_, i) => ({
    shop: `${name}-${i}.myshopify.com`,
    token: "permanent" as const,
  }));
  for (const { shop, accessToken } of await sandbox.client.installShops(shops)) {
    await database.current.query(
      `INSERT INTO "Session" (id, shop, state, scope, "accessToken") VALUES ($1, $2, '', 'read_products', $3)`,
      [`offline_${shop}`, shop, accessToken],
    );
  }
}

interface Said {
  code: number;
  out: string;
  err: string;
}

function environment(env: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { NODE_ENV: "test", PATH: process.env.PATH, MIGRATION_SECRET: app.migrationSecret, ...env };
}

/** `npm run tokens -- …`, in a process of its own, without a terminal. */
async function tokens(args: string[], env: Record<string, string> = {}): Promise<Said> {
  const run = promisify(execFile)(process.execPath, ["cli/tokens.ts", ...args, "--url", app.url], {
    env: environment(env),
  });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      out: error.stdout,
      err: error.stderr,
    }),
  );
}

describe("the operator's command line", () => {
  it("explains a wrong secret, a missing one, and that there is no run yet", async () => {
    const wrong = await tokens(["status"], { MIGRATION_SECRET: "not-the-secret-but-long-enough-to-be" });
    expect(wrong).toMatchObject({ code: 2, out: "" });
    expect(wrong.err).toMatch(/does not accept this MIGRATION_SECRET/);
    const none = await tokens(["status"], { MIGRATION_SECRET: "" });
    expect(none).toMatchObject({ code: 2 });
    expect(none.err).toMatch(/export MIGRATION_SECRET/);
    expect((await tokens(["status"])).err).toMatch(/no run has been started yet/);
    const json = await tokens(["status", "--json"]);
    expect(JSON.parse(json.out)).toMatchObject({ error: "run_not_found" });
  });

  it("rehearses, migrates, and proves it by its exit code", async () => {
    const rehearsal = await tokens(["migrate", "--dry-run"]);
    expect(rehearsal.code).toBe(0);
    expect(rehearsal.out).toMatch(/nothing was changed[\s\S]*12 {2}would be tried/);

    const part = await tokens(["migrate", "--limit", "5", "--json"]);
    const views = part.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as RunView);
    expect(views.at(-1)).toMatchObject({ status: "completed", total: 5 });
    expect(part.code, "seven tokens are left").toBe(1);

    const all = await tokens(["migrate"]);
    expect(all.out).toMatch(/completed/);
    expect(all.out).toMatch(/permanent tokens left in the database: 1, none of which can be migrated now/);
    expect(all.code).toBe(0);
  });

  it("shows how the run stands, its failures as text, JSON and CSV, and stops nothing that has ended", async () => {
    expect((await tokens(["status"])).out).toMatch(/completed/);
    const text = await tokens(["failures"]);
    expect(text.out).toMatch(/^cli-3\.myshopify\.com {2}suspended \(frozen, /);
    const csv = await tokens(["failures", "--csv"]);
    expect(csv.out.trim().split("\n")).toEqual([
      "shop,outcome,code,message,attempts,retryable",
      expect.stringMatching(/^cli-3\.myshopify\.com,suspended,frozen,.*,true$/),
    ]);
    expect(JSON.parse((await tokens(["failures", "--json"])).out)).toMatchObject({ shop: "cli-3.myshopify.com" });
    expect((await tokens(["stop"])).out).toMatch(/is not running: completed/);
  });

  it("knows the next safe step", async () => {
    const { code, out } = await tokens(["doctor"]);
    expect(out).toMatch(/phase expand/);
    expect(out).toMatch(/\nNext step: ./);
    expect(code).toBe(0);
    expect(JSON.parse((await tokens(["doctor", "--json"])).out)).toMatchObject({ health: { phase: "expand" } });
  });

  it("names what the app cannot read", async () => {
    const { code, err } = await tokens(["migrate", "--waves", "10%,5%"]);
    expect(code).toBe(2);
    expect(err).toMatch(/waves/);
  });

  it("detaches on Ctrl-C and says how to go on; the run goes on and can be stopped from elsewhere", async () => {
    await sandbox.client.faults.add({ endpoint: "token", effect: { kind: "latency", beforeMs: 300 } });
    await seed("slow", 200);
    const child = spawn(process.execPath, ["cli/tokens.ts", "migrate", "--concurrency", "1", "--url", app.url], {
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      // It has begun to follow.
      if (err === "") setTimeout(() => child.kill("SIGINT"), 100);
      err += text;
    });
    const [code] = (await once(child, "close")) as [number];
    expect(code).toBe(130);
    expect(err).toMatch(
      /Detached; run \S+ goes on\. Look again: npm run tokens -- watch .* stop it: npm run tokens -- stop/,
    );
    expect(JSON.parse((await tokens(["status", "--json"])).out)).toMatchObject({ status: "running" });
    const stopped = await tokens(["stop", "--json"]);
    expect(JSON.parse(stopped.out)).toMatchObject({ status: "stopped" });
    expect((await tokens(["watch"])).code, "tokens are left").toBe(1);
  });
});
