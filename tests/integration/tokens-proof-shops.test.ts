// Proves that what stands in the way of some shops only, or of none, keeps nothing from the others; the simulator's ledger is the judge.
import { expect, test } from "vitest";
import { type StorageUnfitError } from "../../app/tokens/index.ts";
import { NOT_NULL, proofHarness } from "./proof-harness.ts";
import { HOUR_MS } from "./tokens-harness.ts";

const { h, emergency } = proofHarness();

test("rows that lie in a table which inherits are moved by what is said, and spend nothing before", async () => {
  await h.database.query(`TRUNCATE "Session"`);
  const shop = await h.install("permanent");
  await h.database.query(`CREATE TABLE earlier (PRIMARY KEY (id)) INHERITS ("Session")`);
  await h.database.query(
    `WITH moved AS (DELETE FROM ONLY "Session" RETURNING *) INSERT INTO earlier SELECT * FROM moved`,
  );
  const tokens = h.process({ emergency });
  const problem = await tokens.storageProblem();
  expect(problem).toMatchObject({
    kind: "inherited",
    what: expect.stringContaining("lie in earlier, which inherits"),
  });
  await expect(tokens.migrate(shop)).rejects.toMatchObject({ reason: "inherited" });
  expect(await h.tokenCalls(shop)).toEqual([]);
  await h.database.query(problem!.remedy);
  await h.database.query(`DROP TABLE earlier`);
  expect(await tokens.migrate(shop)).toMatchObject({ outcome: "migrated" });
  await h.expectCurrent(shop);
});

test("a view named Session over another table works", async () => {
  await h.database.query(`ALTER TABLE "Session" RENAME TO sessions; CREATE VIEW "Session" AS SELECT * FROM sessions`);
  const shop = await h.install("permanent");
  expect(await h.process({ emergency }).migrate(shop)).toMatchObject({ outcome: "migrated" });
  await h.expectCurrent(shop);
  await h.database.query(`DROP VIEW "Session"; ALTER TABLE sessions RENAME TO "Session"`);
});

test("a foreign key that keeps out new shops only: the others migrate, a first open spends nothing", async () => {
  const [old, fresh] = [await h.install("permanent"), await h.install("none")];
  await h.database.query(`CREATE TABLE tenants (domain text PRIMARY KEY);
    ALTER TABLE "Session" ADD CONSTRAINT of_a_tenant FOREIGN KEY (shop) REFERENCES tenants DEFERRABLE INITIALLY DEFERRED NOT VALID`);
  const tokens = h.process({ emergency });
  expect(await tokens.migrate(old)).toMatchObject({ outcome: "migrated" });
  await expect(tokens.getSession(fresh, { idToken: await h.idToken(fresh) })).rejects.toMatchObject({
    reason: "foreign_key",
    message: expect.stringMatching(/"of_a_tenant".*DROP CONSTRAINT "of_a_tenant"/),
  });
  expect(await h.tokenCalls(fresh)).toEqual([]);
  await h.database.query(`INSERT INTO tenants VALUES ($1)`, [fresh]);
  await expect.poll(() => tokens.getSession(fresh).catch(() => "not yet")).toBe("not yet");
  await expect
    .poll(
      async () => (await tokens.getSession(fresh, { idToken: await h.idToken(fresh) }).catch(() => undefined))?.shop,
    )
    .toBe(fresh);
  await h.expectCurrent(fresh);
  await h.database.query(`DROP TABLE tenants CASCADE`);
});

test("a partition that is missing for some shops only: the others migrate, a first open spends nothing", async () => {
  await h.database.query(`TRUNCATE "Session"`);
  await h.database
    .query(`ALTER TABLE "Session" RENAME TO whole; CREATE TABLE "Session" (LIKE whole INCLUDING DEFAULTS, PRIMARY KEY (id)) PARTITION BY RANGE (id);
    CREATE TABLE first_part PARTITION OF "Session" FOR VALUES FROM ('offline_a') TO ('offline_t')`);
  const [old, fresh] = [await h.install("permanent"), await h.install("none", `z${h.shopName()}`)];
  const tokens = h.process({ emergency });
  expect(await tokens.migrate(old)).toMatchObject({ outcome: "migrated" });
  const said = await tokens.getSession(fresh, { idToken: await h.idToken(fresh) }).catch((error: unknown) => error);
  expect(said).toMatchObject({ reason: "no_partition", message: expect.stringContaining("has no partition") });
  expect(await h.tokenCalls(fresh)).toEqual([]);
  await h.database.query((said as StorageUnfitError).problem.remedy);
  await expect
    .poll(
      async () => (await tokens.getSession(fresh, { idToken: await h.idToken(fresh) }).catch(() => undefined))?.shop,
    )
    .toBe(fresh);
  await h.expectCurrent(fresh);
  await h.database.query(`DROP TABLE "Session"; ALTER TABLE whole RENAME TO "Session"`);
});

test("it is made once, not for every call", async () => {
  const tokens = h.process({ emergency });
  const shops = await Promise.all(Array.from({ length: 5 }, () => h.install("permanent")));
  const before = await sequence();
  for (const shop of shops) await tokens.migrate(shop);
  // One entry of the history each, and one that was rolled back.
  expect((await sequence()) - before).toBe(shops.length + 1);
});

async function sequence(): Promise<number> {
  const [row] = await h.database.query<{ n: string }>(
    `SELECT last_value AS n FROM expand_contract."TokenEvent_id_seq"`,
  );
  return Number(row!.n);
}

test("a fresh session is served whatever the table refuses, and a refresh that cannot be kept is not made", async () => {
  const shop = await h.install("expiring");
  const tokens = h.process({ emergency });
  await h.database.query(NOT_NULL);
  await tokens.getSession(shop);
  await h.advance(55 * 60_000);
  await tokens.getSession(shop);
  await h.advance(HOUR_MS);
  await expect(tokens.getSession(shop)).rejects.toMatchObject({ code: "storage_unfit" });
  await h.database.query(`ALTER TABLE "Session" DROP COLUMN "updatedAt"`);
  expect(await h.tokenCalls(shop)).toEqual([]);
});
