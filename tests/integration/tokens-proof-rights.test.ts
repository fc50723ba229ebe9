// Proves that nothing is spent for a role that may not keep a pair, and that its rights are named; the simulator's ledger is the judge.
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { NO_TRIGGER, proofHarness, TRIGGER } from "./proof-harness.ts";

const { h, connect, asRole } = proofHarness();
const pools: pg.Pool[] = [];

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await h.database.query(`DROP OWNED BY weak_role; DROP ROLE weak_role`).catch(() => {});
});

test.each([
  [
    "UPDATE on Session",
    `REVOKE UPDATE ON "Session" FROM weak_role`,
    /lacks UPDATE on "Session"\..*GRANT UPDATE ON "Session"/,
  ],
  [
    "INSERT on two tables",
    `REVOKE INSERT ON "Session", expand_contract."TokenEvent" FROM weak_role`,
    /INSERT on "Session" and INSERT on expand_contract\."TokenEvent"/,
  ],
  [
    "a right on the lease",
    `REVOKE UPDATE ON expand_contract."ShopToken" FROM weak_role`,
    /UPDATE on expand_contract\."ShopToken"/,
  ],
  ["to write at all", `ALTER ROLE weak_role SET default_transaction_read_only = on`, /read-only/],
])("a role without the right: %s", async (_name, revoke, says) => {
  const shop = await h.install("permanent");
  const tokens = await asRole(revoke);
  await expect(tokens.migrate(shop)).rejects.toMatchObject({
    code: "storage_unfit",
    message: expect.stringMatching(says),
  });
  expect(await h.tokenCalls(shop)).toEqual([]);
  expect((await tokens.storageProblem())?.kind).toMatch(/missing_right|read_only/);
  await h.database.query(`ALTER ROLE weak_role RESET default_transaction_read_only`);
  expect(await (await asRole("SELECT 1")).migrate(shop)).toMatchObject({ outcome: "migrated" });
});

test.each([
  ["no policy", "SELECT 1"],
  ["reading alone", `CREATE POLICY reads ON "Session" FOR SELECT USING (true)`],
  ["permanent tokens alone", `CREATE POLICY old ON "Session" USING (true) WITH CHECK ("refreshToken" IS NULL)`],
  ["other shops' rows alone", `CREATE POLICY others ON "Session" USING (shop < 'a') WITH CHECK (true)`],
  ["a setting that nobody makes", `CREATE POLICY tenant ON "Session" USING (current_setting('app.tenant') = shop)`],
])("row-level security with %s: rows may be hidden, so nothing is spent", async (_name, policy) => {
  const shop = await h.install("permanent");
  await h.database.query(`ALTER TABLE "Session" ENABLE ROW LEVEL SECURITY`);
  try {
    const tokens = await asRole(policy);
    const problem = await tokens.storageProblem();
    expect(problem).toMatchObject({ kind: "row_security", what: expect.stringContaining("weak_role") });
    await tokens.migrate(shop).catch(() => {});
    expect(await h.tokenCalls(shop)).toEqual([]);
    await h.database.query(problem!.remedy);
    expect(await tokens.storageProblem()).toBeUndefined();
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "migrated" });
  } finally {
    await h.database.query(`ALTER TABLE "Session" DISABLE ROW LEVEL SECURITY`);
    for (const name of ["reads", "old", "others", "tenant", "expand_contract_app"])
      await h.database.query(`DROP POLICY IF EXISTS ${name} ON "Session"`);
  }
});

test("rights that are given column by column are enough, and a table that a trigger needs is named", async () => {
  const [shop, other] = [await h.install("permanent"), await h.install("permanent")];
  const byColumn = await asRole(`REVOKE UPDATE ON "Session" FROM weak_role;
    GRANT UPDATE (state, scope, "accessToken", expires, "refreshToken", "refreshTokenExpires") ON "Session" TO weak_role`);
  expect(await byColumn.storageProblem()).toBeUndefined();
  expect(await byColumn.migrate(shop)).toMatchObject({ outcome: "migrated" });
  await h.database.query(`CREATE TABLE audit (shop text)`);
  await h.database.query(TRIGGER(`INSERT INTO audit VALUES (NEW.shop); RETURN NEW;`));
  try {
    const tokens = await asRole(`REVOKE ALL ON audit FROM weak_role`);
    const problem = await tokens.storageProblem();
    expect(problem?.what).toMatch(
      /may not use the table audit, which is needed by the trigger gatekeeper of "Session"/,
    );
    await h.database.query(problem!.remedy);
    expect(await tokens.migrate(other)).toMatchObject({ outcome: "migrated" });
  } finally {
    await h.database.query(`${NO_TRIGGER}; DROP TABLE audit`);
  }
});

test.each([
  ["default_transaction_isolation", "serializable"],
  ["default_transaction_isolation", "'repeatable read'"],
  ["lock_timeout", "'1ms'"],
  ["extra_float_digits", "-15"],
  ["DateStyle", "'German, DMY'"],
  ["session_replication_role", "replica"],
])("a role with the setting %s = %s: nothing is spent twice, and no caller fails", async (name, value) => {
  const [shop, fresh] = [await h.install("permanent"), await h.install("none")];
  await asRole(`ALTER ROLE weak_role SET ${name} = ${value}`);
  try {
    const url = new URL(h.database.url);
    Object.assign(url, { username: "weak_role", password: "weak" });
    // An adopter's own pool sets nothing; the app's does.
    const pool = new pg.Pool({ connectionString: url.href, max: 4 });
    pools.push(pool);
    const isOwn = name.startsWith("default");
    const [a, b] = isOwn
      ? [h.process({ database: pool }), h.process({ database: pool })]
      : [connect(url.href), connect(url.href)];
    expect(await a.storageProblem()).toBeUndefined();
    const idToken = await h.idToken(fresh);
    const calls = Array.from({ length: 24 }, (_, i) => (i % 2 ? a : b).getSession(fresh, { idToken }));
    await Promise.all([...calls, a.migrate(shop)]);
    for (const one of [shop, fresh]) await h.expectCurrent(one);
    expect(await h.tokenCalls(fresh)).toHaveLength(1);
  } finally {
    await h.database.query(`ALTER ROLE weak_role RESET ${name}`);
  }
});
