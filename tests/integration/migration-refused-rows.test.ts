// Proves what a run does where the database takes some rows and refuses others, or shows some and hides others: nothing is spent for a row that is refused, the others are migrated, and the reason is named.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { notReadyBecause } from "../../app/process/readiness.ts";
import { migrationHarness } from "./migration-harness.ts";

const t = migrationHarness();
const directory = mkdtempSync(join(tmpdir(), "refused-"));
const emergency = { secrets: ["of this file"], directory };

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const TRIGGER = (
  body: string,
) => `CREATE FUNCTION tenants() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
  CREATE TRIGGER tenants BEFORE INSERT OR UPDATE ON "Session" FOR EACH ROW EXECUTE FUNCTION tenants()`;

it.each([
  [
    "a check",
    (shop: string) => `ALTER TABLE "Session" ADD CONSTRAINT tenant CHECK (shop <> '${shop}') NOT VALID`,
    `ALTER TABLE "Session" DROP CONSTRAINT tenant`,
    /the check "tenant" of "Session" refuses the row/,
  ],
  [
    "a foreign key of another table",
    (shop: string) =>
      `ALTER TABLE "Session" ADD CONSTRAINT tokens UNIQUE ("accessToken"); CREATE TABLE log (token text CONSTRAINT logged REFERENCES "Session" ("accessToken"));
       INSERT INTO log SELECT "accessToken" FROM "Session" WHERE shop = '${shop}'`,
    `DROP TABLE log; ALTER TABLE "Session" DROP CONSTRAINT tokens`,
    /the foreign key "logged" of log refuses the row/,
  ],
])(
  "%s that refuses one row holds up no other shop",
  async (_name, spoil, mend, says) => {
    const shops = await t.seed(12);
    const [refused] = shops;
    await t.database.query(spoil(refused!));
    const { migrations, tokens, db } = t.instance({ random: () => 0, emergency });
    for (let run = 0; run < 2; run++) {
      const done = await t.run(migrations, { verify: "none" });
      expect(done).toMatchObject({ status: "completed", failed: 1, migratableTokens: 1 });
      expect(done.failures).toMatchObject([
        { shop: refused, code: "storage_unfit", message: expect.stringMatching(says) },
      ]);
      expect(await t.sandbox.client.ledger.calls({ endpoint: "token", shop: refused })).toEqual([]);
    }
    await t.expectAllCurrent(shops.slice(1));
    // Said to those who look after the app, but no reason to send merchants elsewhere.
    expect(await tokens.storageProblem()).toMatchObject({ shop: refused, what: expect.stringMatching(says) });
    expect(await notReadyBecause({ db, tokens })).toBeUndefined();
    await t.database.query(mend);
    expect(await t.run(t.instance().migrations)).toMatchObject({
      status: "completed",
      migrated: 1,
      migratableTokens: 0,
    });
    await t.expectAllCurrent(shops);
  },
  40_000,
);

it("a trigger that refuses rows by their number spends none of their tokens; the others are migrated", async () => {
  const shops = await t.seed(30);
  await t.database.query(TRIGGER(`IF NEW.shop ~ '-000(20|05)[.]' THEN RAISE EXCEPTION 'moved'; END IF; RETURN NEW;`));
  const { migrations } = t.instance({ random: () => 0, emergency });
  const done = await t.run(migrations, { verify: "none", failureThreshold: 1 });
  expect(done).toMatchObject({ migrated: 28, status: "completed", failed: 2, migratableTokens: 2 });
  expect(await t.database.query(`SELECT shop FROM expand_contract."UnstoredPair"`)).toEqual([]);
  expect(await t.migrationCalls()).toBe(28);
  await t.database.query(`DROP FUNCTION tenants CASCADE`);
  const again = await t.run(t.instance({ emergency }).migrations, { verify: "none" });
  expect(again).toMatchObject({ status: "completed", migratableTokens: 0 });
  await t.expectAllCurrent(shops);
}, 40_000);

it.each([
  [
    "an index that takes one pair",
    `CREATE UNIQUE INDEX one_chain ON "Session" ((true)) WHERE "refreshToken" IS NOT NULL`,
  ],
  ["an index over what all pairs have", `CREATE UNIQUE INDEX one_chain ON "Session" (left("refreshToken", 6))`],
])("%s: it is met before the second token is spent", async (_name, spoil) => {
  const shops = await t.seed(12);
  await t.database.query(spoil);
  const run = await t.run(t.instance({ emergency }).migrations, { verify: "none", concurrency: 10 });
  expect(run).toMatchObject({ status: "failed", migrated: 1, haltReason: expect.stringContaining('"one_chain"') });
  expect(await t.migrationCalls()).toBe(1);
  expect(await t.database.query(`SELECT shop FROM expand_contract."UnstoredPair"`)).toEqual([]);
  await t.database.query(`DROP INDEX one_chain`);
  expect(await t.run(t.instance().migrations)).toMatchObject({ status: "completed", migratableTokens: 0 });
  await t.expectAllCurrent(shops);
});

it("one row that lies in a table which inherits: nothing is stored twice", async () => {
  const shops = await t.seed(6);
  await t.database.query(`CREATE TABLE earlier (PRIMARY KEY (id)) INHERITS ("Session");
    WITH moved AS (DELETE FROM ONLY "Session" WHERE shop LIKE '%-00003.%' RETURNING *) INSERT INTO earlier SELECT * FROM moved`);
  const instance = t.instance();
  const run = await t.run(instance.migrations, { verify: "none" });
  expect(run).toMatchObject({ status: "failed", migrated: 0, haltReason: expect.stringContaining("lie in earlier") });
  expect(await t.migrationCalls()).toBe(0);
  await t.database.query((await instance.tokens.storageProblem())!.remedy);
  await t.database.query(`DROP TABLE earlier`);
  expect(await t.run(t.instance().migrations)).toMatchObject({ status: "completed", migrated: 6, migratableTokens: 0 });
  await t.expectAllCurrent(shops);
});

it("rows that are neither online nor offline are no migration that is over; the others are migrated", async () => {
  const shops = await t.seed(4);
  await t.database.query(`ALTER TABLE "Session" ALTER COLUMN "isOnline" DROP NOT NULL;
    UPDATE "Session" SET "isOnline" = NULL WHERE shop = '${shops[2]}'`);
  try {
    const run = await t.run(t.instance().migrations);
    expect(run).toMatchObject({ status: "failed", migrated: 3 });
    const [, remedy] = /(UPDATE "Session" .*;)/.exec(run.haltReason!)!;
    await t.database.query(remedy!);
    expect(await t.run(t.instance().migrations)).toMatchObject({
      status: "completed",
      migrated: 1,
      migratableTokens: 0,
    });
    await t.expectAllCurrent(shops);
  } finally {
    await t.database.query(`ALTER TABLE "Session" ALTER COLUMN "isOnline" SET NOT NULL`);
  }
});

it("rows that a policy hides are no migration that is over", async () => {
  const shops = await t.seed(3);
  await t.database
    .query(`CREATE ROLE half_blind LOGIN PASSWORD 'blind'; GRANT USAGE ON SCHEMA expand_contract TO half_blind;
    GRANT ALL ON ALL TABLES IN SCHEMA public, expand_contract TO half_blind; GRANT ALL ON ALL SEQUENCES IN SCHEMA expand_contract TO half_blind;
    ALTER TABLE "Session" ENABLE ROW LEVEL SECURITY; CREATE POLICY tenant ON "Session" USING (shop = current_setting('app.tenant', true))`);
  const url = Object.assign(new URL(t.database.url), { username: "half_blind", password: "blind" }).href;
  try {
    const { migrations, tokens } = t.instance({ url });
    const run = await t.run(migrations);
    expect(run).toMatchObject({
      status: "failed",
      migrated: 0,
      haltReason: expect.stringContaining("row-level security"),
    });
    await t.database.query((await tokens.storageProblem())!.remedy);
    expect(await t.run(t.instance({ url }).migrations)).toMatchObject({ status: "completed", migrated: 3 });
    await t.expectAllCurrent(shops);
  } finally {
    await t.database.query(`ALTER TABLE "Session" DISABLE ROW LEVEL SECURITY; DROP POLICY tenant ON "Session";
      DROP POLICY IF EXISTS expand_contract_app ON "Session"; DROP OWNED BY half_blind`);
    await t.database.query(`DROP ROLE half_blind`).catch(() => {});
  }
});
