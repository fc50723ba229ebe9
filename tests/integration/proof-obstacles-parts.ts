import { NO_TRIGGER, type Obstacle, TRIGGER } from "./proof-harness.ts";

const AS_VIEW = `ALTER TABLE "Session" RENAME TO sessions; CREATE VIEW "Session" AS SELECT * FROM sessions;`;
const AS_TABLE = `DROP VIEW "Session"; ALTER TABLE sessions RENAME TO "Session"`;
const PARTITIONED = `ALTER TABLE "Session" RENAME TO whole;
  CREATE TABLE "Session" (LIKE whole INCLUDING DEFAULTS, PRIMARY KEY (id)) PARTITION BY HASH (id);
  CREATE TABLE "part 0" PARTITION OF "Session" FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO "Session" SELECT * FROM whole;`;
const WHOLE = `TRUNCATE whole; INSERT INTO whole SELECT * FROM "Session"; DROP TABLE "Session"; ALTER TABLE whole RENAME TO "Session"`;
const on = (table: string, sql: string) => sql.replace('ON "Session"', `ON ${table}`);

/** What is not of `Session` itself, and runs when a row of it is written: of its partitions, of the table below a view, of expressions. */
export const PART_OBSTACLES: Obstacle[] = [
  {
    name: "a trigger of a partition",
    spoil: PARTITIONED + on(`"part 0"`, TRIGGER(`RAISE EXCEPTION 'not in this part';`)),
    drop: `${NO_TRIGGER}; ${WHOLE}`,
    kind: "trigger",
    says: /not in this part.*the trigger gatekeeper of "part 0".*ALTER TABLE "part 0" DISABLE TRIGGER gatekeeper/,
  },
  {
    name: "a trigger of the table below a view",
    spoil: AS_VIEW + on("sessions", TRIGGER(`RAISE EXCEPTION 'not below';`)),
    drop: `${NO_TRIGGER}; ${AS_TABLE}`,
    kind: "trigger",
    says: /not below.*the trigger gatekeeper of sessions/,
  },
  {
    name: "a trigger of the table below a view that swallows",
    spoil: AS_VIEW + on("sessions", TRIGGER(`RETURN NULL;`)),
    drop: `${NO_TRIGGER}; ${AS_TABLE}`,
    kind: "not_written",
    says: /as it is given; there is the trigger gatekeeper of sessions.*DISABLE TRIGGER gatekeeper/,
  },
  {
    name: "a column of the table below a view, too narrow",
    spoil: `ALTER TABLE "Session" ALTER COLUMN "refreshToken" TYPE varchar(20) USING left("refreshToken", 20); ${AS_VIEW}`,
    mend: `${AS_TABLE}; ALTER TABLE "Session" ALTER COLUMN "refreshToken" TYPE text`,
    kind: "too_narrow",
    says: /"Session" is a view of sessions: drop it, change sessions.*ALTER TABLE sessions ALTER COLUMN "refreshToken" TYPE text/,
  },
  {
    name: "a view that computes a column",
    spoil: `ALTER TABLE "Session" RENAME TO sessions;
      CREATE VIEW "Session" AS SELECT id, shop, state, "isOnline", trim(scope) AS scope, expires, "accessToken", "refreshToken", "refreshTokenExpires" FROM sessions`,
    mend: AS_TABLE,
    kind: "hiding_view",
    says: /computes a column that is written through it.*"scope"/,
  },
  {
    name: "a generated column that cannot be computed",
    spoil: `ALTER TABLE "Session" ADD COLUMN "short Token" varchar(10) GENERATED ALWAYS AS ("refreshToken") STORED`,
    drop: `ALTER TABLE "Session" DROP COLUMN "short Token"`,
    kind: "refused",
    says: /the generated column "short Token" of "Session".*ALTER COLUMN "short Token" DROP EXPRESSION/,
  },
  {
    name: "an index whose expression fails",
    spoil: `CREATE INDEX by_part ON "Session" ((1 / (CASE WHEN "refreshToken" IS NULL THEN 1 ELSE 0 END)))`,
    kind: "refused",
    says: /the index by_part of "Session".*DROP INDEX by_part/,
  },
  {
    name: "a table of a trigger's too narrow, beside wide columns",
    spoil: `ALTER TABLE "Session" ALTER COLUMN state TYPE varchar(255); CREATE TABLE audit (shop varchar(5));
      ${TRIGGER(`INSERT INTO audit VALUES (NEW.shop); RETURN NEW;`)}`,
    drop: `${NO_TRIGGER}; DROP TABLE audit; ALTER TABLE "Session" ALTER COLUMN state TYPE text`,
    kind: "trigger",
    says: /character varying\(5\).*the trigger gatekeeper/,
  },
  {
    name: "a time of day",
    spoil: `ALTER TABLE "Session" ALTER COLUMN expires TYPE time`,
    kind: "wrong_type",
    says: /"expires" of type time.*TYPE timestamp\(3\) USING NULL/,
  },
  {
    name: "a trigger that writes tokens in small letters",
    spoil: TRIGGER(`NEW."refreshToken" := lower(NEW."refreshToken"); RETURN NEW;`),
    mend: NO_TRIGGER,
    kind: "not_written",
    says: /as it is given/,
  },
];
