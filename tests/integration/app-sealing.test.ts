// Proves an operator's way with sealed tokens on the built app: sealed by itself, keys changed, a wrong key said everywhere, and back.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { merchantOf } from "../support/app-requests.ts";
import { testDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";
import { seedPermanentShops, startTokens } from "./cli-harness.ts";

const SECRET = randomBytes(32).toString("hex");
const database = testDatabase();
let sandbox: Sandbox;
let app: TestApp | undefined;

beforeAll(async () => {
  sandbox = await startTestSandbox({ app: { tomlPath: "shopify.app.toml" } });
  await seedPermanentShops(sandbox, database.current, "sealed", 6);
});
afterAll(async () => {
  await app?.stop();
  await sandbox?.close();
});

async function restart(env: Record<string, string | undefined>, until?: "alive"): Promise<TestApp> {
  await app?.stop();
  app = await startTestApp({
    sandbox,
    databaseUrl: database.current.url,
    env: { MIGRATION_SECRET: SECRET, ...env },
    until,
  });
  await sandbox.client.app({ deliverTo: app.url });
  return app;
}

const tokens = (...args: string[]) => startTokens(args, { MIGRATION_SECRET: SECRET, APP_URL: app?.url }).ended;
const makeKey = async (id: string) => (await startTokens(["make-key", id], {}).ended).out.trim();
const get = async (path: string) =>
  fetch(`${app!.url}${path}`, { headers: { Authorization: `Bearer ${SECRET}` } }).then(async (response) => ({
    status: response.status,
    text: await response.text(),
  }));
const health = async () =>
  (JSON.parse((await get("/admin/token-health")).text) as { tokenEncryption: object }).tokenEncryption;

/** Every text of every table, pg-boss's included. */
async function dump(): Promise<string> {
  const tables = await database.current.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  );
  let text = "";
  for (const { name } of tables) {
    const [row] = await database.current.query<{ text: string | null }>(
      `SELECT string_agg(t::text, E'\n') AS text FROM ${name} t`,
    );
    text += `${name}\n${row?.text ?? ""}\n`;
  }
  return text;
}

const sessions = () => database.current.query(`SELECT id, "accessToken", "refreshToken" FROM "Session" ORDER BY id`);

// One after the other, as an operator goes through them.
describe("sealing", { timeout: 90_000 }, () => {
  let k1: string;
  let k2: string;

  it("with a key that a command made, what is stored is sealed, and a dump holds no token", async () => {
    k1 = await makeKey("k1");
    k2 = await makeKey("k2");
    expect(k1).toMatch(/^k1:[A-Za-z0-9+/]{43}=$/);
    expect((await sandbox.client.ledger.findSecrets(await dump())).length).toBe(6);
    await restart({ TOKEN_ENCRYPTION_KEYS: k1 });
    expect((await tokens("doctor")).out).toMatch(/! 6 tokens to be sealed with the key k1, in the background/);
    expect(await health()).toMatchObject({ sealsWith: "k1", plain: 6, toConvert: 6 });
    // Half of them by a run, the rest by the command; the background job does the same every five minutes.
    expect((await tokens("migrate", "--limit", "3")).out).toMatch(/ 3 {2}migrated/);
    const seal = await tokens("seal");
    expect(seal).toMatchObject({ code: 0 });
    expect(seal.out).toMatch(/✓ 3 rows sealed/);
    expect(await health()).toMatchObject({ plain: 0, sealed: { k1: 9 }, toConvert: 0, unreadable: 0, problem: null });
    expect((await tokens("doctor")).out).toMatch(/✓ every stored token is sealed \(9, with the key k1\)/);
    expect(await sandbox.client.ledger.findSecrets(await dump())).toEqual([]);
    expect((await get("/metrics")).text).toMatch(/stored_tokens\{form="sealed"\} 9\n(.*\n)*token_keys_ok 1/);
  });

  it("a new key in front re-seals in the background; then the old one may go", async () => {
    await restart({ TOKEN_ENCRYPTION_KEYS: `${k2},${k1}` });
    await database.current.query(`INSERT INTO expand_contract_jobs.job (name) VALUES ('seal-tokens')`);
    await vi.waitFor(async () => expect(await health()).toMatchObject({ sealed: { k2: 9 }, toConvert: 0 }), {
      timeout: 80_000,
      interval: 500,
    });
    await restart({ TOKEN_ENCRYPTION_KEYS: k2 });
    expect((await get("/readyz")).status).toBe(200);
    expect((await tokens("migrate")).code).toBe(0);
  });

  it("a wrong key is said everywhere, no run begins, nothing changes, and what needs no token is served", async () => {
    const before = await sessions();
    const wrong = await restart({ TOKEN_ENCRYPTION_KEYS: await makeKey("k2") }, "alive");
    await vi.waitFor(() => expect(wrong.logs()).toMatch(/no background work in this process/));
    expect((await get("/readyz")).status).toBe(503);
    const doctor = await tokens("doctor");
    expect(doctor.out).toMatch(
      /✗ the key k2 in TOKEN_ENCRYPTION_KEYS is not the one[\s\S]*Next: Mend TOKEN_ENCRYPTION_KEYS/,
    );
    expect(doctor.code).toBe(1);
    for (const command of [["migrate"], ["seal"]]) {
      const refused = await tokens(...command);
      expect(refused.code).toBe(2);
      expect(refused.err).toMatch(
        /the key k2 in TOKEN_ENCRYPTION_KEYS is not the one.*\n.*Put the former key back|Put the former key back/,
      );
    }
    const run = await fetch(`${wrong.url}/admin/migrate-tokens`, {
      method: "POST",
      headers: { Authorization: `Bearer ${SECRET}` },
    });
    expect([run.status, ((await run.json()) as { code: string }).code]).toEqual([409, "token_key_wrong"]);
    expect((await get("/healthz")).status).toBe(200);
    expect((await get("/metrics")).text).toMatch(/token_keys_ok 0/);
    expect((await get("/auth/login")).status).toBe(200);
    expect(await sessions()).toEqual(before);
  });

  it("one instance of two that restarts with a wrong key, or none, answers 503, changes nothing, and does not disturb the other", async () => {
    const right = await restart({ TOKEN_ENCRYPTION_KEYS: k2 });
    const shops = [0, 1, 2].map((index) => `sealed-${index}.myshopify.com`);
    for (const keys of [await makeKey("k2"), undefined]) {
      const wrong = await startTestApp({
        sandbox,
        databaseUrl: database.current.url,
        env: { TOKEN_ENCRYPTION_KEYS: keys },
        until: "alive",
      });
      try {
        await database.current.query(`UPDATE "Session" SET expires = (now() - interval '1 minute') AT TIME ZONE 'UTC'`);
        const opened = await Promise.all(
          shops.flatMap((shop) =>
            [right, wrong].map(async (one) => (await merchantOf(one, sandbox).open(shop)).status),
          ),
        );
        expect(opened).toEqual([200, 503, 200, 503, 200, 503]);
        expect((await fetch(`${wrong.url}/readyz`)).status).toBe(503);
        expect((await fetch(`${right.url}/readyz`)).status).toBe(200);
        await wrong.expectNoSecrets();
      } finally {
        await wrong.stop();
      }
    }
    expect(await health()).toMatchObject({ plain: 0, sealed: { k2: 12 }, unreadable: 0, problem: null });
    expect(await sandbox.client.ledger.findSecrets(await dump())).toEqual([]);
    const marks = `SELECT shop FROM expand_contract."ShopToken" WHERE "needsReauthAt" IS NOT NULL OR "suspendedAt" IS NOT NULL`;
    expect(await database.current.query(marks)).toEqual([]);
  });

  it("unseal goes back, with the keys there and not while the app would seal again", async () => {
    await restart({ TOKEN_ENCRYPTION_KEYS: k2 });
    const tooEarly = await tokens("unseal");
    expect(tooEarly).toMatchObject({ code: 2, out: "" });
    expect(tooEarly.err).toMatch(/set TOKEN_ENCRYPTION_SEAL=false/);
    await restart({ TOKEN_ENCRYPTION_KEYS: k2, TOKEN_ENCRYPTION_SEAL: "false" });
    expect((await tokens("doctor")).out).toMatch(/! new tokens are stored in plain, 12 tokens still sealed/);
    const unseal = await tokens("unseal");
    expect(unseal.out).toMatch(/✓ 6 rows plain[\s\S]*may be unset now/);
    await restart({});
    expect((await get("/readyz")).status).toBe(200);
    expect((await tokens("doctor")).out).not.toMatch(/seal|TOKEN_ENCRYPTION/);
    expect(await sandbox.client.ledger.orphans((await sessions()) as never)).toEqual([]);
    await app!.expectNoSecrets();
  });
});
