// Proves that a right which is missing beside the table of sessions is named as the catalogue has it, and that the GRANT which is said mends it.
import { afterAll, expect, test } from "vitest";
import { NO_TRIGGER, proofHarness, TRIGGER } from "./proof-harness.ts";

const { h, asRole, weak } = proofHarness();

afterAll(async () => {
  await h.database.query(`DROP OWNED BY weak_role; DROP ROLE weak_role`).catch(() => {});
});

const WRITES = (table: string) => TRIGGER(`INSERT INTO ${table} (shop) VALUES (NEW.shop); RETURN NEW;`);
const OWN = (table: string) => `ALTER TABLE expand_contract."${table}" ENABLE ROW LEVEL SECURITY`;
const OPEN = (table: string) =>
  `DROP POLICY IF EXISTS expand_contract_app ON expand_contract."${table}"; ALTER TABLE expand_contract."${table}" DISABLE ROW LEVEL SECURITY`;

interface Denial {
  name: string;
  spoil: string;
  /** After the role has got its rights. */
  revoke?: string;
  mend: string;
  /** What is said, one after the other: a remedy may show what else is missing. */
  says: RegExp[];
}

test.each<Denial>([
  {
    name: "row-level security of the leases",
    spoil: OWN("ShopToken"),
    mend: OPEN("ShopToken"),
    says: [/row-level security of expand_contract\."ShopToken"/],
  },
  {
    name: "row-level security of the history",
    spoil: OWN("TokenEvent"),
    mend: OPEN("TokenEvent"),
    says: [/row-level security of expand_contract\."TokenEvent"/],
  },
  {
    name: "a restrictive policy for writing alone",
    spoil: `ALTER TABLE "Session" ENABLE ROW LEVEL SECURITY; CREATE POLICY all_rows ON "Session" USING (true) WITH CHECK (true);
      CREATE POLICY chains ON "Session" AS RESTRICTIVE FOR UPDATE USING ("refreshToken" IS NOT NULL)`,
    mend: `ALTER ROLE weak_role NOBYPASSRLS; DROP POLICY all_rows ON "Session"; DROP POLICY chains ON "Session"; ALTER TABLE "Session" DISABLE ROW LEVEL SECURITY`,
    says: [/row-level security of "Session"/],
  },
  {
    name: "row_security that is off for the role",
    spoil: `ALTER TABLE "Session" ENABLE ROW LEVEL SECURITY; CREATE POLICY all_rows ON "Session" USING (shop <> '') WITH CHECK (true)`,
    revoke: `ALTER ROLE weak_role SET row_security = off`,
    mend: `ALTER ROLE weak_role RESET row_security; DROP POLICY all_rows ON "Session"; DROP POLICY IF EXISTS expand_contract_app ON "Session"; ALTER TABLE "Session" DISABLE ROW LEVEL SECURITY`,
    says: [/has row_security off/, /may hide rows/],
  },
  {
    name: "the sequence of a column that is not the app's",
    spoil: `CREATE SEQUENCE "My Seq"; ALTER TABLE "Session" ADD COLUMN n bigint DEFAULT nextval('"My Seq"')`,
    revoke: `REVOKE ALL ON SEQUENCE "My Seq" FROM weak_role`,
    mend: `ALTER TABLE "Session" DROP COLUMN n; DROP SEQUENCE "My Seq"`,
    says: [/lacks USAGE on the sequence "My Seq"/],
  },
  {
    name: "a table of a trigger, in a schema of its own",
    spoil: `CREATE SCHEMA audit; CREATE TABLE audit.log (shop text); ${WRITES("audit.log")}`,
    mend: `${NO_TRIGGER}; DROP SCHEMA audit CASCADE`,
    says: [
      /lacks USAGE on the schema audit, which is needed by the trigger gatekeeper/,
      /may not use the table audit\.log/,
    ],
  },
  {
    name: "a table of a trigger with a blank in its name, beside one of the same name",
    spoil: `CREATE SCHEMA other; CREATE TABLE other."Audit Log" (shop text); CREATE TABLE "Audit Log" (n bigserial, shop text); ${WRITES('"Audit Log"')}`,
    revoke: `REVOKE ALL ON "Audit Log" FROM weak_role; REVOKE ALL ON SEQUENCE "Audit Log_n_seq" FROM weak_role; GRANT USAGE ON SCHEMA other TO weak_role; GRANT ALL ON other."Audit Log" TO weak_role`,
    mend: `${NO_TRIGGER}; DROP TABLE "Audit Log"; DROP SCHEMA other CASCADE`,
    says: [/may not use the table "Audit Log"/, /lacks USAGE on the sequence "Audit Log_n_seq"/],
  },
  {
    name: "a function that a default calls",
    spoil: `CREATE FUNCTION tenant(n int DEFAULT 1) RETURNS text LANGUAGE sql AS 'SELECT ''x'''; REVOKE ALL ON FUNCTION tenant(int) FROM PUBLIC;
      ALTER TABLE "Session" ADD COLUMN extra text; ALTER TABLE "Session" ALTER COLUMN extra SET DEFAULT tenant(2)`,
    mend: `ALTER TABLE "Session" DROP COLUMN extra; DROP FUNCTION tenant`,
    says: [/may not call tenant\(integer\)/],
  },
  {
    name: "the table below a view, for the view's owner",
    spoil: `CREATE ROLE owner_of_view; ALTER TABLE "Session" RENAME TO sessions; CREATE VIEW "Session" AS SELECT * FROM sessions; ALTER VIEW "Session" OWNER TO owner_of_view`,
    mend: `DROP VIEW "Session"; ALTER TABLE sessions RENAME TO "Session"; DROP OWNED BY owner_of_view; DROP ROLE owner_of_view`,
    says: [/the role "owner_of_view" may not use the table sessions/],
  },
  {
    name: "a table, for the owner of a trigger's function",
    spoil: `CREATE ROLE auditor; CREATE TABLE audit (shop text); ${WRITES("audit")}; ALTER FUNCTION stands_in_the_way() OWNER TO auditor; ALTER FUNCTION stands_in_the_way() SECURITY DEFINER`,
    mend: `${NO_TRIGGER}; DROP TABLE audit; DROP OWNED BY auditor; DROP ROLE auditor`,
    says: [/the role "auditor" may not use the table audit/],
  },
  {
    name: "the schema of the sessions",
    spoil: `SELECT 1`,
    revoke: `REVOKE ALL ON SCHEMA public FROM PUBLIC`,
    mend: `GRANT USAGE ON SCHEMA public TO PUBLIC`,
    says: [/lacks USAGE on the schema "public", where "Session" is/],
  },
])("$name", async ({ spoil, revoke, mend, says }) => {
  const shop = await h.install("permanent");
  await h.database.query(spoil);
  try {
    await asRole(revoke ?? "SELECT 1");
    for (const words of says) {
      // A role's settings are those of its next connection.
      const tokens = weak();
      const problem = await tokens.storageProblem();
      expect(problem?.what).toMatch(words);
      await expect(tokens.migrate(shop)).rejects.toThrow();
      expect(await h.tokenCalls(shop)).toEqual([]);
      await h.database.query(problem!.remedy);
    }
    const tokens = weak();
    expect(await tokens.storageProblem()).toBeUndefined();
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "migrated" });
  } finally {
    await h.database.query(mend);
  }
});
