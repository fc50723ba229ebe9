import { NOT_NULL, type Obstacle } from "./proof-harness.ts";

/** Columns of the table of sessions that would not keep a pair as it is given, their types and their domains. */
export const COLUMN_OBSTACLES: Obstacle[] = [
  {
    name: "a column NOT NULL without default",
    spoil: NOT_NULL,
    kind: "not_null",
    says: /"updatedAt" of "Session" is NOT NULL/,
  },
  {
    name: "two such columns, one of them not a time",
    spoil: `${NOT_NULL}; ALTER TABLE "Session" ADD COLUMN tenant text NOT NULL DEFAULT ''; ALTER TABLE "Session" ALTER COLUMN tenant DROP DEFAULT`,
    drop: `ALTER TABLE "Session" DROP COLUMN tenant, DROP COLUMN "updatedAt"`,
    kind: "not_null",
    says: /the column "updatedAt", "tenant" of "Session" is NOT NULL/,
  },
  {
    name: "such a column with quotes in its name",
    spoil: `ALTER TABLE "Session" ADD COLUMN "odd ""one"" of" text NOT NULL DEFAULT ''; ALTER TABLE "Session" ALTER COLUMN "odd ""one"" of" DROP DEFAULT`,
    drop: `ALTER TABLE "Session" DROP COLUMN "odd ""one"" of"`,
    kind: "not_null",
    says: /the column "odd ""one"" of" of "Session" is NOT NULL/,
  },
  {
    name: "a check",
    spoil: `ALTER TABLE "Session" ADD CONSTRAINT no_chain CHECK ("refreshToken" IS NULL) NOT VALID`,
    kind: "check",
    says: /the check "no_chain"/,
  },
  {
    name: "a missing column",
    spoil: `ALTER TABLE "Session" DROP COLUMN "refreshTokenExpires"`,
    mend: `ALTER TABLE "Session" ADD COLUMN "refreshTokenExpires" timestamp(3)`,
    kind: "schema_behind",
    says: /the column "refreshTokenExpires" of "Session" is missing.*db:deploy/,
  },
  {
    name: "a column too narrow",
    spoil: `ALTER TABLE "Session" ALTER COLUMN "refreshToken" TYPE varchar(20) USING left("refreshToken", 20)`,
    kind: "too_narrow",
    says: /"refreshToken"/,
  },
  {
    name: "a scope column too narrow for what the app asks for",
    spoil: `ALTER TABLE "Session" ALTER COLUMN scope TYPE varchar(5) USING left(scope, 5)`,
    kind: "too_narrow",
    says: /"scope"/,
  },
  {
    name: "a column that pads tokens with blanks",
    spoil: `DROP INDEX IF EXISTS "Session_unrefreshable_idx", "Session_unrefreshable_shop_idx";
      ALTER TABLE "Session" ALTER COLUMN "accessToken" TYPE char(80)`,
    kind: "wrong_type",
    says: /"accessToken" of type character\(80\).*TYPE text/,
  },
  {
    name: "a column that keeps the day alone",
    spoil: `ALTER TABLE "Session" ALTER COLUMN expires TYPE date`,
    kind: "wrong_type",
    says: /"expires" of type date.*TYPE timestamp\(3\)/,
  },
  {
    name: "a column that Postgres computes",
    spoil: `ALTER TABLE "Session" DROP COLUMN scope, ADD COLUMN scope text GENERATED ALWAYS AS (lower(state)) STORED`,
    kind: "generated",
    says: /"scope".*DROP EXPRESSION/,
  },
  {
    name: "a default that raises",
    spoil: `CREATE FUNCTION no_default() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no default'; END $$;
      ALTER TABLE "Session" ADD COLUMN extra text; ALTER TABLE "Session" ALTER COLUMN extra SET DEFAULT no_default()`,
    mend: `DROP FUNCTION no_default CASCADE; ALTER TABLE "Session" DROP COLUMN extra`,
    kind: "refused",
    says: /no default/,
  },
  {
    name: "a column of a domain that is NOT NULL",
    spoil: `CREATE DOMAIN tenant AS text NOT NULL; ALTER TABLE "Session" ADD COLUMN extra text; ALTER TABLE "Session" ALTER COLUMN extra TYPE tenant USING 'x'`,
    drop: `DROP DOMAIN tenant CASCADE`,
    kind: "not_null",
    says: /"extra".*ALTER DOMAIN tenant DROP NOT NULL/,
  },
  {
    name: "the check of a domain",
    spoil: `CREATE DOMAIN secret AS text CONSTRAINT no_chain CHECK (value NOT LIKE 'shprt%'); DROP INDEX IF EXISTS "Session_unrefreshable_idx", "Session_unrefreshable_shop_idx";
      ALTER TABLE "Session" ALTER COLUMN "refreshToken" TYPE secret`,
    drop: `ALTER TABLE "Session" ALTER COLUMN "refreshToken" TYPE text; DROP DOMAIN secret`,
    kind: "check",
    says: /the check "no_chain" of the domain secret.*ALTER DOMAIN secret DROP CONSTRAINT "no_chain"/,
  },
  {
    name: "a domain too narrow",
    spoil: `CREATE DOMAIN short AS varchar(20); CREATE DOMAIN shorter AS short; ALTER TABLE "Session" ALTER COLUMN "refreshToken" TYPE shorter USING left("refreshToken", 20)`,
    drop: `DROP DOMAIN short CASCADE`,
    kind: "too_narrow",
    says: /"refreshToken"/,
  },
  {
    name: "tokens in bytes, with the indexes of db:deploy over them",
    spoil: `DROP INDEX IF EXISTS "Session_unrefreshable_idx", "Session_unrefreshable_shop_idx";
      ALTER TABLE "Session" ALTER COLUMN "refreshToken" TYPE bytea USING convert_to("refreshToken", 'UTF8');
      CREATE INDEX "Session_unrefreshable_idx" ON "Session" ("id") WHERE NOT "isOnline" AND "accessToken" <> '' AND coalesce("refreshToken", '') = ''`,
    kind: "wrong_type",
    says: /"refreshToken" of type bytea.*convert_from\("refreshToken", 'UTF8'\)/,
  },
  {
    name: "a collation in which tokens that differ are equal",
    spoil: `CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      DROP INDEX IF EXISTS "Session_unrefreshable_idx", "Session_unrefreshable_shop_idx"; ALTER TABLE "Session" ALTER COLUMN "accessToken" TYPE text COLLATE no_case`,
    drop: `DROP COLLATION no_case`,
    kind: "wrong_type",
    says: /"accessToken" of type text COLLATE no_case/,
  },
  {
    name: "times as text",
    spoil: `ALTER TABLE "Session" ALTER COLUMN expires TYPE text`,
    kind: "wrong_type",
    says: /"expires" of type text/,
  },
];
