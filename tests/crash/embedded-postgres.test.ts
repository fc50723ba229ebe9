// Proves that an embedded Postgres ends with its owner, and that its data is safe.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runScript, untilClosed, type ScriptProcess } from "../support/script-process.ts";

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "embedded-postgres-test-"));
});
const homes = new Set<string>();
afterAll(async () => {
  // The last server may still be writing: it ends with its holder, in its own time.
  for (const folder of [dataDir, ...homes])
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** A process that starts Postgres, says where, and stays. */
function startHolder(options: { dataDir?: string }): ScriptProcess {
  const script = `
    import { startEmbeddedPostgres } from "./scripts/embedded-postgres.ts";
    import pg from "pg";
    const server = await startEmbeddedPostgres(${JSON.stringify(options)});
    const client = new pg.Client({ connectionString: server.url() });
    await client.connect();
    await client.query("CREATE TABLE IF NOT EXISTS kept (n int)");
    await client.query("INSERT INTO kept VALUES (1)");
    const { rows } = await client.query("SELECT count(*)::int AS n, current_setting('data_directory') AS folder FROM kept");
    console.log("READY " + JSON.stringify({ port: server.port, ...rows[0] }));
    setInterval(() => {}, 1000);`;
  return runScript(["--input-type=module", "--eval", script]);
}

async function ready(holder: ScriptProcess): Promise<{ port: number; n: number; folder: string }> {
  const [, json = ""] = await holder.saw(/READY (.*)\n/);
  return JSON.parse(json) as { port: number; n: number; folder: string };
}

test("a throw-away server ends, and its data with it, when whoever started it is killed", async () => {
  const holder = startHolder({});
  const { port, folder } = await ready(holder);
  expect(existsSync(folder)).toBe(true);
  holder.child.kill("SIGKILL");
  await untilClosed(port);
  while (existsSync(folder)) await new Promise((resolve) => setTimeout(resolve, 50));
});

test("kept data outlives a kill; a second server on it is refused while the first runs, and starts afterwards", async () => {
  const first = startHolder({ dataDir });
  const { port, folder } = await ready(first);
  homes.add(join(folder, ".."));

  const second = startHolder({ dataDir });
  expect((await second.ended).code).not.toBe(0);
  expect(second.output()).toContain("another run uses this database already");

  first.child.kill("SIGKILL");
  await untilClosed(port);
  const third = startHolder({ dataDir });
  const again = await ready(third);
  expect(again.n).toBe(2);
  third.child.kill("SIGKILL");
  await untilClosed(again.port);
});
