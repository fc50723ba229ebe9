// Proves that a migration can be run, followed and stopped from the command line.
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { RunView } from "../../app/migration/types.ts";
import { startTestApp } from "../support/app-process.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";
import { seedPermanentShops, startTokens, type Said } from "./cli-harness.ts";

const SECRET = randomBytes(32).toString("hex");
const lines = (text: string) => text.trim().split("\n");

/** An app with shops of its own, and the command line that asks it. */
async function startWorld() {
  const said: Said[] = [];
  const sandbox = await startTestSandbox();
  const database = await createTestDatabase();
  const startApp = (port?: number) =>
    startTestApp({ sandbox, databaseUrl: database.url, env: { MIGRATION_SECRET: SECRET }, port });
  let app = await startApp();
  const begin = (...args: string[]) => startTokens([...args, "--url", app.url], { MIGRATION_SECRET: SECRET });
  return {
    sandbox,
    database,
    /** What was written by commands that were not awaited by `tokens`. */
    said,
    begin,
    async tokens(...args: string[]): Promise<Said> {
      const result = await begin(...args).ended;
      said.push(result);
      return result;
    },
    seed: (prefix: string, count: number) => seedPermanentShops(sandbox, database, prefix, count),
    slowly: (beforeMs: number) =>
      sandbox.client.faults.add({ endpoint: "token", effect: { kind: "latency", beforeMs } }),
    stopApp: () => app.stop(),
    /** At the address of the one before. */
    async startAgain(): Promise<void> {
      app = await startApp(app.port);
    },
    async close(): Promise<void> {
      await app.expectNoSecrets();
      await app.stop();
      await database.drop();
      const everything = said.map(({ out, err }) => out + err).join();
      expect(everything.includes(SECRET), "the secret in what was written").toBe(false);
      expect(await sandbox.client.ledger.findSecrets(everything), "tokens in what was written").toEqual([]);
      await sandbox.close();
    },
  };
}

const it = test.extend("world", async ({}, { onCleanup }) => {
  const world = await startWorld();
  onCleanup(() => world.close());
  return world;
});

describe.concurrent("migrate", { timeout: 60_000 }, () => {
  it("rehearses, goes part of the way, then to the end, and proves it by its exit code", async ({ world }) => {
    const { sandbox, database, tokens, seed } = world;
    const shops = await seed("all", 12);
    await sandbox.client.freeze(shops[3]!);

    const rehearsal = await tokens("migrate", "--dry-run", "--waves", "50%,100%");
    expect(rehearsal).toMatchObject({ code: 0, err: "" });
    expect(rehearsal.out).toMatch(
      /nothing was changed\.\n +12 {2}would be tried[\s\S]*in wave 2[\s\S]*would take about/,
    );

    const part = await tokens("migrate", "--limit", "5", "--json");
    expect(part.code, "tokens are left").toBe(1);
    const views = lines(part.out).map((line) => JSON.parse(line) as RunView);
    expect(views.at(-1)).toMatchObject({ status: "completed", total: 5 });

    const named = await tokens("migrate", "--shop", shops[8]!, "--shop", shops[9]!, "--verify", "all");
    expect(named.code, "tokens are left").toBe(1);
    expect(named.out).toMatch(/Next: Go on with the rest: npm run tokens -- migrate --url/);

    const rest = await tokens("migrate", "--concurrency", "4");
    expect(rest.err).toMatch(/Run \S+ has begun on http/);
    expect(rest.out).toMatch(/✓ Run \S+: completed/);
    expect(rest.out).toMatch(/1 {2}× \S+/);
    expect(rest.out).toContain(`${shops[3]}  suspended (`);
    expect(rest.out).toMatch(/Permanent tokens left in the database: 1, none of which can be migrated/);
    expect(rest.code, "nothing remains that could be migrated").toBe(0);
    const rows = await database.query<{ shop: string; accessToken: string; refreshToken: string }>(
      `SELECT "shop", "accessToken", "refreshToken" FROM "Session"`,
    );
    expect(await sandbox.client.ledger.orphans(rows)).toEqual([]);

    expect((await tokens("status")).out).toMatch(/: completed/);
    expect((await tokens("stop")).out).toMatch(/is not running: completed/);
    expect((await tokens("failures")).out).toMatch(/^all-3\.myshopify\.com {2}suspended \(/);
    expect(JSON.parse((await tokens("failures", "--json")).out)).toMatchObject({ shop: shops[3] });
    const csv = (await tokens("failures", "--csv")).out.split("\r\n");
    expect(csv).toEqual([
      "shop,outcome,code,message,attempts,retryable",
      expect.stringMatching(/^all-3\.myshopify\.com,suspended,\w+,.*,true$/),
      "",
    ]);
  });

  it("joins the run there is, detaches on Ctrl-C while the run goes on, and stops it from elsewhere", async ({
    world,
  }) => {
    const { said, begin, tokens, seed, slowly } = world;
    await seed("joined", 200);
    await slowly(300);
    const first = begin("migrate", "--concurrency", "1");
    await first.saw(/Ctrl-C detaches/);

    const second = begin("migrate", "--limit", "3");
    await second.saw(/Joined run \S+, which was under way already.*yours were not used/);
    await second.saw(/\d\d:\d\d:\d\d {2}\d+\/200 shops/);
    second.interrupt();
    const detached = await second.ended;
    expect(detached.code).toBe(130);
    expect(detached.err).toMatch(
      /Detached\. The run goes on\.\n +follow it again: +npm run tokens -- watch (\S+) --url \S+\n +stop it: +npm run tokens -- stop \1 --url/,
    );
    const joined = lines((await tokens("migrate", "--detach", "--json")).out).map((line) => JSON.parse(line) as object);
    expect(joined).toEqual([expect.objectContaining({ joined: true, status: "running" })]);

    expect(JSON.parse((await tokens("status", "--json")).out)).toMatchObject({ status: "running" });
    const stopped = await tokens("stop", "--json");
    expect(stopped.code).toBe(0);
    expect(JSON.parse(stopped.out)).toMatchObject({ status: "stopped" });
    const followed = await first.ended;
    said.push(detached, followed);
    expect(followed.code, "tokens are left").toBe(1);
    expect(followed.out).toMatch(/: stopped[\s\S]*can be migrated\.\nNext: Go on with the rest/);
    expect((await tokens("watch")).code, "tokens are left").toBe(1);
  });

  it("waits between two waves until it is told to go on", async ({ world }) => {
    const { said, begin, tokens, seed } = world;
    await seed("pause", 8);
    const following = begin("migrate", "--waves", "50%,100%", "--pause-between", "confirm");
    await following.saw(/4\/8 shops \(50%\).*continue/);
    const goneOn = await tokens("continue");
    expect(goneOn).toMatchObject({ code: 0, err: "" });
    expect(goneOn.out).toMatch(/^Run \S+ goes on\./);
    const result = await following.ended;
    said.push(result);
    expect(result.out).toMatch(/✓ Run \S+: completed/);
    expect(result.code).toBe(0);
    expect((await tokens("continue")).out, "it waits for nothing any more").toMatch(
      /^Run \S+ is not running: completed\./,
    );
  });

  it("says of a rehearsal for a shop that there is not why nothing would be tried", async ({ world }) => {
    const { tokens } = world;
    const { code, err } = await tokens(
      "migrate",
      "--dry-run",
      "--shop",
      "https://admin.shopify.com/store/no-such-shop",
    );
    expect(code).toBe(0);
    expect(err).toMatch(
      /No shop that was named would be tried\. Why: npm run tokens -- shop no-such-shop\.myshopify\.com/,
    );
  });

  it("waits for an app that is deployed in the middle, and follows the same run to its end", async ({ world }) => {
    const { sandbox, said, begin, seed, slowly } = world;
    await seed("deploy", 40);
    await slowly(150);
    const following = begin("migrate", "--concurrency", "2");
    await following.saw(/\d\d:\d\d:\d\d {2}\d+\/40 shops/);
    await world.stopApp();
    await following.saw(/cannot be reached: .*It may be restarting; the run is safe\. Asking again/);
    await sandbox.client.faults.clear();
    await world.startAgain();

    const result = await following.ended;
    said.push(result);
    expect(result.out).toMatch(/The app answers again\.[\s\S]*✓ Run \S+: completed/);
    expect(result.code).toBe(0);
  });
});
