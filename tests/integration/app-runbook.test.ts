// Proves that an operator who does what docs/runbook.md says gets what it says: the statements for a lost key, a client secret that was revoked first,
// a rotation of MIGRATION_SECRET. Each command and statement is taken out of the document.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { describe, expect, test, vi } from "vitest";
import { findFreePort } from "../../scripts/free-port.ts";
import { merchantOf } from "../support/app-requests.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { signInToConsole } from "../support/console-visitor.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { startTestSandbox, TEST_APP } from "../support/sandbox.ts";
import { seedPermanentShops, startTokens } from "./cli-harness.ts";

const runbook = readFileSync("docs/runbook.md", "utf8");
const SHOPS = 5;
/** A chapter of the runbook, by its heading. */
function chapter(heading: string): string {
  const found = runbook.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  if (!found) throw new Error(`no chapter "${heading}"`);
  return found;
}

/** An operator's app, with shops whose permanent tokens it holds. */
async function startWorld() {
  const database = await createTestDatabase();
  const sandbox = await startTestSandbox({ app: { tomlPath: "shopify.app.toml" } });
  const shops = await seedPermanentShops(sandbox, database, "runbook", SHOPS);
  const port = await findFreePort();
  let secret = randomBytes(32).toString("hex");
  let clientSecret: string = TEST_APP.clientSecret;
  let app: TestApp | undefined;

  async function restart(env: Record<string, string | undefined> = {}, until?: "alive"): Promise<TestApp> {
    await app?.stop();
    app = await startTestApp({
      sandbox,
      databaseUrl: database.url,
      port,
      env: { SHOPIFY_API_SECRET: clientSecret, MIGRATION_SECRET: secret, ...env },
      until,
    });
    await sandbox.client.app({ deliverTo: app.url });
    return app;
  }
  const run = (command: string, as = secret) =>
    startTokens(command.split(" "), { MIGRATION_SECRET: as, APP_URL: app?.url }).ended;

  async function health(): Promise<{
    needsReauth: number;
    tokenEncryption: { unreadable: number; problem: string | null };
  }> {
    const response = await fetch(`${app!.url}/admin/token-health`, { headers: { Authorization: `Bearer ${secret}` } });
    return (await response.json()) as never;
  }

  const readyz = async () => (await fetch(`${app!.url}/readyz`)).status;
  const open = (shop: string) => merchantOf(app!, sandbox).open(shop);
  const parked = () => database.query<{ shop: string }>(`SELECT shop FROM expand_contract."ParkedJob"`);
  const marked = () => database.query(`SELECT shop FROM expand_contract."ShopToken" WHERE "needsReauthAt" IS NOT NULL`);
  const rows = () =>
    database.query<{ shop: string; accessToken: string; refreshToken: string | null }>(
      `SELECT shop, "accessToken", "refreshToken" FROM "Session" WHERE NOT "isOnline" AND "accessToken" <> '' ORDER BY id`,
    );

  /** As `psql` sends what was pasted into it. */
  async function paste(statements: string): Promise<void> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query(statements);
    } finally {
      await client.end();
    }
  }

  async function enqueue(shop: string): Promise<void> {
    const boss = new PgBoss({
      connectionString: database.url,
      schema: "expand_contract_jobs",
      supervise: false,
      schedule: false,
      max: 1,
    });
    await boss.start();
    await boss.send("refresh-shop", { shop });
    await boss.stop({ graceful: false });
  }

  /** Background work of a shop waits for its merchant, whose visit heals the shop and releases it. */
  async function expectHealedByVisit(waiting: number): Promise<void> {
    const [one, other] = shops as [string, string];
    await enqueue(one);
    await vi.waitFor(async () => expect(await parked()).toEqual([{ shop: one }]), { timeout: 30_000, interval: 100 });
    expect((await health()).needsReauth).toBe(waiting);
    for (const shop of [one, other]) expect((await open(shop)).status).toBe(200);
    await vi.waitFor(async () => expect(await parked()).toEqual([]), { timeout: 30_000, interval: 100 });
    expect((await health()).needsReauth).toBe(waiting - 2);
    for (const shop of shops.slice(2)) expect((await open(shop)).status).toBe(200);
    expect((await health()).needsReauth).toBe(0);
    expect(await marked()).toEqual([]);
  }

  return {
    sandbox,
    database,
    shops,
    restart,
    run,
    /** Types a command that stands in the chapter, word for word. */
    type(heading: string, command: string) {
      expect(chapter(heading)).toContain(`npm run tokens -- ${command}`);
      return run(command);
    },
    health,
    readyz,
    open,
    marked,
    rows,
    paste,
    expectHealedByVisit,
    get secret() {
      return secret;
    },
    /** From the next start on. */
    change(next: { secret?: string; clientSecret?: string }) {
      secret = next.secret ?? secret;
      clientSecret = next.clientSecret ?? clientSecret;
    },
    async close() {
      await app?.expectNoSecrets();
      await app?.stop();
      await sandbox.close();
      await database.drop();
    },
  };
}

const it = test.extend("world", async ({}, { onCleanup }) => {
  const world = await startWorld();
  onCleanup(() => world.close());
  return world;
});

describe.concurrent("the runbook", { timeout: 120_000 }, () => {
  it("a shop's session under an old name: the statement gives it the right one, sealed tokens once they are unsealed", async ({
    world,
  }) => {
    const { sandbox, database, shops, restart, run, type, rows, paste } = world;
    const heading = "When something goes wrong";
    const shop = shops[0]!;
    await database.query(`UPDATE "Session" SET id = 'old-name' WHERE shop = $1`, [shop]);
    const keys = (await run("make-key k1")).out.trim();
    await restart({ TOKEN_ENCRYPTION_KEYS: keys });
    expect((await run("seal")).code).toBe(0);
    await run("migrate --verify none");
    expect((await run("doctor")).out).toMatch(/foreign_session.*row old-name/);
    await restart({ TOKEN_ENCRYPTION_KEYS: keys, TOKEN_ENCRYPTION_SEAL: "false" });
    expect((await type("Seal tokens", "unseal")).code).toBe(0);
    const [statement] = /UPDATE "Session" SET id = [^`]+/.exec(chapter(heading))!;
    await paste(statement.replace("…", "old-name"));
    expect(await run("migrate --verify none")).toMatchObject({ code: 0 });
    expect((await rows()).every(({ refreshToken }) => refreshToken !== null)).toBe(true);
    expect(await sandbox.client.ledger.notCurrent(await rows())).toEqual([]);
  });

  it("a client secret that is revoked first: what was refused is delivered again, and each shop heals by a visit", async ({
    world,
  }) => {
    const { sandbox, shops, restart, run, type, open, marked, rows, expectHealedByVisit } = world;
    const heading = "Rotate the client secret";
    await restart();
    expect((await run("migrate --verify none")).code).toBe(0);
    const { secret: next } = await sandbox.client.rotateSecret();
    expect(await sandbox.client.revokeOldSecrets()).toEqual({ endedShops: SHOPS });
    const early = await sandbox.client.sendWebhook(shops[0]!, "app/scopes_update");
    expect(early.status).toBe(401);
    expect((await open(shops[0]!)).status).toBeGreaterThanOrEqual(300);
    expect(await marked()).toEqual([]);

    world.change({ clientSecret: next });
    await restart();
    expect((await sandbox.client.webhooks.replay(early.id)).status).toBe(200);
    const repin = await type(heading, "repin");
    expect(repin.out).toMatch(/chains? had ended already: their merchant's next visit heals them/);
    expect(repin.code).toBe(0);
    await expectHealedByVisit(SHOPS);
    expect(await sandbox.client.ledger.notCurrent(await rows())).toEqual([]);
  });

  it("a key that is lost for good: doctor names it, the statements give its tokens up, and each shop heals by a visit", async ({
    world,
  }) => {
    const { restart, run, type, health, readyz, paste, expectHealedByVisit } = world;
    const heading = "Seal tokens";
    await restart();
    expect((await run("migrate --verify none")).code).toBe(0);
    const makeKey = async (id: string) => (await run(`make-key ${id}`)).out.trim();
    expect((await type(heading, "make-key")).out.trim()).toMatch(/^\w+:[\w+/]+=$/);
    await restart({ TOKEN_ENCRYPTION_KEYS: await makeKey("lost") });
    expect((await type(heading, "seal")).out).toMatch(new RegExp(`✓ ${SHOPS} rows sealed`));

    await restart({ TOKEN_ENCRYPTION_KEYS: await makeKey("new") }, "alive");
    expect(await readyz()).toBe(503);
    const doctor = await run("doctor");
    const [, id] = /sealed with the key (\w+), which TOKEN_ENCRYPTION_KEYS does not hold/.exec(doctor.out) ?? [];
    expect(id).toBe("lost");
    expect(doctor.out).not.toMatch(/cannot be reached|schema is behind/);

    const [, statements] = /```sql\n(BEGIN;[\s\S]+?COMMIT;)\n```/.exec(chapter(heading))!;
    await paste(statements!.replaceAll("<id>", id!));
    await vi.waitFor(async () => expect(await readyz()).toBe(200), { timeout: 30_000, interval: 200 });
    expect((await run("doctor")).out).toMatch(new RegExp(`! ${SHOPS} shops waiting for the merchant's next visit`));
    await expectHealedByVisit(SHOPS);
    expect((await health()).tokenEncryption).toMatchObject({
      sealed: { new: 2 * SHOPS },
      unreadable: 0,
      problem: null,
    });
  });

  it("MIGRATION_SECRET: both are accepted for a while, then the new one alone; who signed in with the old one signs in again", async ({
    world,
  }) => {
    const { restart, run } = world;
    const before = world.secret;
    const visitor = await signInToConsole(await restart(), before);
    world.change({ secret: randomBytes(32).toString("hex") });
    await restart({ MIGRATION_SECRET_PREVIOUS: before }, "alive");
    for (const one of [before, world.secret]) expect((await run("status", one)).code).toBe(0);
    expect((await visitor.get("/admin")).status).toBe(200);
    await restart({}, "alive");
    const again = await visitor.get("/admin");
    expect([again.status, again.headers.get("location")]).toEqual([303, "/admin/login"]);
    expect((await run("status")).code).toBe(0);
    const refused = await run("status", before);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/does not accept this MIGRATION_SECRET/);
  });
});
