// Proves that a pair which the database would not take, whatever no proof could foresee, is kept sealed and adopted later, and that nothing more is spent.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { StorageUnfitError } from "../../app/tokens/index.ts";
import { severable } from "../support/severable-database.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { NO_TRIGGER, proofHarness, TRIGGER } from "./proof-harness.ts";

const { h, root, directory, emergency, open, connect, unstored } = proofHarness();

/** Refuses what is written outside of the proof, which is the only one to set this. */
const UNFORESEEN = TRIGGER(
  `IF current_setting('lock_timeout') = '0' THEN RAISE EXCEPTION 'not you'; END IF; RETURN NEW;`,
);

async function exchangedOf(shops: string[]): Promise<string[]> {
  const calls = await Promise.all(shops.map(async (shop) => ({ shop, calls: await h.tokenCalls(shop) })));
  return calls.filter(({ calls }) => calls.length > 0).map(({ shop }) => shop);
}

test("of 20 shops at once one token is at risk, and its pair is kept, sealed, until the table is mended", async () => {
  const shops = await Promise.all(Array.from({ length: 20 }, () => h.install("permanent")));
  const tokens = h.process({ emergency });
  await h.database.query(UNFORESEEN);
  const results = await Promise.allSettled(shops.map((shop) => tokens.migrate(shop)));
  const [spent, ...others] = await exchangedOf(shops);
  expect(others).toEqual([]);
  expect(results.every(({ status }) => status === "rejected")).toBe(true);
  const kept = await unstored();
  expect(kept.map(({ shop }) => shop)).toEqual([spent]);
  expect(await h.sandbox.client.ledger.findSecrets(JSON.stringify(kept))).toEqual([]);
  expect(kept[0]!.sealed).not.toMatch(/shp(at|rt)_/);

  await h.database.query(NO_TRIGGER);
  expect(await h.process({ emergency }).migrate(spent!)).toMatchObject({ outcome: "migrated", attempts: 0 });
  await h.expectCurrent(spent!);
  expect(await h.tokenCalls(spent!)).toHaveLength(1);
  expect(await unstored()).toEqual([]);
  for (const shop of shops) expect(await h.process({ emergency }).migrate(shop)).toMatchObject({ retryable: false });
  for (const shop of shops) await h.expectCurrent(shop);
});

test("an exchange that waits for its turn while another one's pair is not taken is not sent", async () => {
  const [first, ahead, waiting] = [
    await h.install("permanent"),
    await h.install("permanent"),
    await h.install("permanent"),
  ];
  const tokens = h.process({ emergency });
  await tokens.migrate(first);
  let goOn = () => {};
  const turn = new Promise<void>((resolve) => (goOn = resolve));
  let hasCome = false;
  const gate = <T>(call: () => Promise<T>) => ((hasCome = true), turn.then(call));
  const held = tokens.migrate(waiting, { gate }).catch((error: unknown) => error);
  await expect.poll(() => hasCome).toBe(true);
  await h.database.query(UNFORESEEN);
  await expect(tokens.migrate(ahead)).rejects.toBeInstanceOf(StorageUnfitError);
  goOn();
  expect(await held).toMatchObject({ code: "storage_unfit", shop: waiting });
  expect(await exchangedOf([ahead, waiting])).toEqual([ahead]);
  await h.database.query(NO_TRIGGER);
  await h.process({ emergency }).adoptUnstored();
  await h.expectCurrent(ahead);
  await expect.poll(() => tokens.migrate(waiting), { timeout: 5_000 }).toMatchObject({ outcome: "migrated" });
});

test("a row that another transaction holds is one shop's trouble: others are migrated, the app is fit, its pair is kept", async () => {
  await h.database.query(`TRUNCATE "Session"`);
  const [held, other] = [await h.install("permanent"), await h.install("permanent")];
  const holder = new pg.Client({ connectionString: h.database.url });
  await holder.connect();
  const impatient = open(h.database.url, { statementTimeoutMs: 400 });
  const tokens = h.process({ database: impatient, emergency });
  // The proof of an earlier exchange is what the exchange of the held one relies upon.
  await tokens.migrate(await h.install("permanent"));
  await holder.query(`BEGIN`);
  await holder.query(`SELECT 1 FROM "Session" WHERE shop = $1 FOR UPDATE`, [held]);
  try {
    await expect(tokens.migrate(held)).rejects.not.toBeInstanceOf(StorageUnfitError);
    expect((await unstored()).map(({ shop }) => shop)).toEqual([held]);
    expect(await tokens.migrate(other)).toMatchObject({ outcome: "migrated" });
    expect(await tokens.storageProblem()).toBeUndefined();
    expect(await h.process({ emergency }).storageProblem({ recent: true })).toBeUndefined();
  } finally {
    await holder.query(`ROLLBACK`);
    await holder.end();
  }
  expect(await h.process({ emergency }).adoptUnstored()).toBe(1);
  for (const shop of [held, other]) await h.expectCurrent(shop);
  expect(await h.tokenCalls(held)).toHaveLength(1);
});

test("a whole table that another transaction holds is said with who does, and spends nothing more", async () => {
  const [first, second] = [await h.install("permanent"), await h.install("permanent")];
  const impatient = open(h.database.url, { statementTimeoutMs: 400 });
  const tokens = h.process({ database: impatient, emergency });
  await tokens.migrate(await h.install("permanent"));
  const holder = new pg.Client({ connectionString: h.database.url, application_name: "index builder" });
  holder.on("error", () => {}); // it is ended from elsewhere
  await holder.connect();
  await holder.query(`BEGIN; LOCK TABLE "Session" IN SHARE MODE`);
  try {
    await tokens.migrate(first).catch(() => {});
    await expect(tokens.migrate(second)).rejects.not.toBeInstanceOf(StorageUnfitError);
    expect(await h.tokenCalls(second)).toEqual([]);
    const problem = await tokens.storageProblem({ recent: true });
    expect(problem).toMatchObject({ kind: "locked", what: expect.stringContaining('"index builder"') });
    await h.database.query(problem!.remedy.replace(/^.*or: /, ""));
  } finally {
    // Not awaited: pg never answers for a connection that the server has ended.
    void holder.end().catch(() => {});
  }
  const leases = await h.database.query<{ owner: string }>(
    `SELECT "leaseOwner" AS owner FROM expand_contract."ShopToken" WHERE "leaseOwner" IS NOT NULL AND "leaseExpiresAt" > now()`,
  );
  expect(
    leases.filter(({ owner }) => owner !== "closed"),
    "every lease is given back, however impatient the connection",
  ).toEqual([]);
  await h.process({ emergency }).adoptUnstored();
  for (const shop of [first, second]) {
    await h.process({ emergency }).migrate(shop);
    await h.expectCurrent(shop);
  }
  expect(await h.process({ emergency }).storageProblem()).toBeUndefined();
});

test("a merchant's acquisition: adopted by the next use, in another process, without a call", async () => {
  const shop = await h.install("none");
  await h.database.query(UNFORESEEN);
  await expect(h.process({ emergency }).getSession(shop, { idToken: await h.idToken(shop) })).rejects.toBeInstanceOf(
    StorageUnfitError,
  );
  await h.database.query(NO_TRIGGER);
  const [a, b] = [h.process({ emergency }), h.process({ emergency })];
  expect(await Promise.all([a.adoptUnstored(), b.adoptUnstored()])).toContain(1);
  await b.getSession(shop);
  await h.expectCurrent(shop);
  expect(await h.tokenCalls(shop)).toHaveLength(1);
  expect(await unstored()).toEqual([]);
});

test("a pair that was superseded meanwhile changes nothing", async () => {
  const shop = await h.install("permanent");
  await h.database.query(UNFORESEEN);
  await expect(h.process({ emergency }).migrate(shop)).rejects.toBeInstanceOf(StorageUnfitError);
  await h.database.query(NO_TRIGGER);
  // A process that knows nothing of the record: the merchant comes.
  await h.process().sessionStorage.loadSession("offline_x.myshopify.com");
  await h.process({ emergency: undefined, phase: "contract" }).getSession(shop, { idToken: await h.idToken(shop) });
  const before = await h.expectCurrent(shop);
  expect(await h.process({ emergency }).adoptUnstored()).toBe(0);
  expect(await h.row(shop)).toEqual(before);
  expect(await unstored()).toEqual([]);
});

test("after a redaction nothing names the shop", async () => {
  const shop = await h.install("permanent");
  await h.database.query(UNFORESEEN);
  await expect(h.process({ emergency }).migrate(shop)).rejects.toBeInstanceOf(StorageUnfitError);
  await h.database.query(NO_TRIGGER);
  await h.sandbox.client.uninstall(shop, { webhook: false });
  expect(await h.process({ emergency }).recordRedacted(shop)).toMatchObject({ forgotten: true });
  expect(await unstored()).toEqual([]);
});

test("another app's secret opens nothing, and deletes nothing", async () => {
  const shop = await h.install("permanent");
  await h.database.query(UNFORESEEN);
  await expect(h.process({ emergency }).migrate(shop)).rejects.toBeInstanceOf(StorageUnfitError);
  await h.database.query(NO_TRIGGER);
  expect(await h.process({ emergency: { secrets: ["another"], directory } }).adoptUnstored()).toBe(0);
  expect(await unstored()).toHaveLength(1);
  const rotated = h.process({ emergency: { secrets: ["new", TEST_APP.clientSecret], directory } });
  expect(await rotated.adoptUnstored()).toBe(1);
  await h.expectCurrent(shop);
});

test("a database that goes away for good during the call: a file that only we can read, adopted when it is back", async () => {
  const shop = await h.install("permanent");
  const relay = await severable(h.database.url);
  const tokens = connect(relay.url);
  await h.sandbox.client.faults.add({ shop, endpoint: "token", times: 1, effect: { kind: "latency", afterMs: 500 } });
  const migrating = tokens.migrate(shop);
  await expect.poll(async () => (await h.tokenCalls(shop)).length).toBe(1);
  relay.sever();
  await expect(migrating).rejects.not.toBeInstanceOf(StorageUnfitError);
  const files = readdirSync(directory);
  expect(files).toHaveLength(1);
  const path = join(directory, files[0]!);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await h.sandbox.client.ledger.findSecrets(readFileSync(path, "utf8"))).toEqual([]);
  relay.mend();
  await h.database.query(
    `UPDATE expand_contract."ShopToken" SET "leaseOwner" = NULL, "leaseExpiresAt" = NULL WHERE shop = $1`,
    [shop],
  );
  expect(await h.process({ emergency }).adoptUnstored()).toBe(1);
  await h.expectCurrent(shop);
  expect(await h.tokenCalls(shop)).toHaveLength(1);
  expect(readdirSync(directory)).toEqual([]);
  await relay.close();
});

test("things that others put into its folder are left alone, and nothing waits for them", async () => {
  const [outside, shop] = [join(root, "not-ours.sealed.json"), await h.install("permanent")];
  mkdirSync(directory, { recursive: true });
  writeFileSync(outside, "{}");
  execFileSync("mkfifo", [join(directory, "pipe.sealed.json")]);
  symlinkSync("/dev/zero", join(directory, "endless.sealed.json"));
  writeFileSync(join(directory, "long.sealed.json"), " ".repeat(1_000_000));
  writeFileSync(join(directory, "odd.sealed.json"), "[null]");
  writeFileSync(
    join(directory, "elsewhere.sealed.json"),
    JSON.stringify({ id: "../not-ours", shop, sealed: "v1.AAAA" }),
  );
  const tokens = h.process({ emergency });
  expect(await tokens.adoptUnstored()).toBe(0);
  expect(await tokens.migrate(shop)).toMatchObject({ outcome: "migrated" });
  await h.sandbox.client.uninstall(shop, { webhook: false });
  expect(await tokens.recordRedacted(shop)).toMatchObject({ forgotten: true });
  expect(existsSync(outside)).toBe(true);
});
