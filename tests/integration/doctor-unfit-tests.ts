// Proves, as a part of cli-doctor.test.ts, that readiness, health and doctor name what keeps a database from storing a new token, and only that.
import { randomBytes } from "node:crypto";
import pg from "pg";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { type cliAppHarness, type Said, seedPermanentShops } from "./cli-harness.ts";

/** An app with a database of its own, and `doctor` for it. */
export interface DoctorWorld {
  world: ReturnType<typeof cliAppHarness>;
  /** @param toml whether shopify.app.toml has the legacy install flow. */
  doctor(toml: boolean): Promise<Said>;
}

/** The same three shops, migrated, for each way in which a database can be unfit: an app takes ten seconds to find out, all at once. */
function migratedWorld(made: DoctorWorld): DoctorWorld {
  beforeAll(async () => {
    await made.world.restart("expand");
    await seedPermanentShops(made.world.sandbox, made.world.database, "doctor", 3);
    expect((await made.world.tokens(["migrate", "--verify", "none"])).code).toBe(0);
  }, 60_000);
  return made;
}

const UNUSABLE = [
  {
    name: "that is missing",
    spoil: `ALTER TABLE "Session" RENAME TO elsewhere`,
    mend: `ALTER TABLE elsewhere RENAME TO "Session"`,
    words: /the table "Session" is missing/,
  },
  {
    name: "whose tokens are bytes; mended as said",
    spoil: `DROP INDEX "Session_unrefreshable_idx", "Session_unrefreshable_shop_idx";
        ALTER TABLE "Session" ALTER COLUMN "refreshToken" TYPE bytea USING convert_to("refreshToken", 'UTF8')`,
    words: /"refreshToken" of type bytea.*(ALTER TABLE "Session" ALTER COLUMN "refreshToken" TYPE text [^;]*;)/,
  },
  {
    name: "whose schema is behind",
    spoil: `CREATE TABLE kept AS SELECT * FROM expand_contract."SchemaStep";
        DELETE FROM expand_contract."SchemaStep" WHERE "name" = (SELECT max("name") FROM kept)`,
    mend: `INSERT INTO expand_contract."SchemaStep" SELECT * FROM kept WHERE "name" NOT IN (SELECT "name" FROM expand_contract."SchemaStep"); DROP TABLE kept`,
    words: /the database lacks step [^ ]+\. Run npm run db:deploy/,
  },
];

export function testUnfitDatabases(newWorld: () => DoctorWorld): void {
  describe.concurrent.for(UNUSABLE)("a table $name", { timeout: 60_000 }, ({ spoil, mend, words }) => {
    const { world, doctor } = migratedWorld(newWorld());

    it("is what readiness, health and doctor agree about", async () => {
      const get = (path: string) =>
        fetch(`${world.app!.url}${path}`, { headers: { Authorization: `Bearer ${world.secret}` } });
      await world.database.query(spoil);
      let remedy = "";
      try {
        await vi.waitFor(async () => expect((await get("/readyz")).status).toBe(503), {
          timeout: 15_000,
          interval: 500,
        });
        const health = await get("/admin/token-health");
        const report = (await health.json()) as {
          code?: string;
          detail?: string;
          storageProblem?: string;
          nextStep?: string;
        };
        expect(report.storageProblem ?? report.detail).toMatch(words);
        if (health.status === 503) expect(report.code).toBe("storage_unfit");
        else expect(report.nextStep).toMatch(/^Mend the database/);
        const said = await doctor(true);
        expect(said.code).toBe(1);
        // Health that says what is wrong is enough.
        expect(said.out).toMatch(/✗ [Tt]he database would not keep a new token/);
        expect(said.out).toMatch(words);
        expect(said.out).toMatch(new RegExp(`Next: Mend the database.*${words.source}`));
        remedy = words.exec(said.out)?.[1] ?? "";
      } finally {
        await world.database.query(mend ?? remedy);
      }
      await vi.waitFor(async () => expect((await get("/readyz")).status).toBe(200), { timeout: 15_000, interval: 250 });
      expect((await doctor(true)).out).toMatch(/✓ the database keeps a new token/);
    });
  });

  describe.concurrent("a column that no row may lack", { timeout: 60_000 }, () => {
    const { world, doctor } = migratedWorld(newWorld());

    it("is named where it would keep a new token from being stored, with what mends it; the app is not ready until then", async () => {
      const readyz = async () => (await fetch(`${world.app!.url}/readyz`)).status;
      await world.database.query(`ALTER TABLE "Session" ADD COLUMN "updatedAt" timestamp(3) NOT NULL DEFAULT now()`);
      await world.database.query(`ALTER TABLE "Session" ALTER COLUMN "updatedAt" DROP DEFAULT`);
      await vi.waitFor(async () => expect(await readyz()).toBe(503), { timeout: 15_000, interval: 500 });
      const said = await doctor(true);
      expect(said.code).toBe(1);
      expect(said.out).toMatch(
        /✗ the database would not keep a new token: the column "updatedAt" of "Session" is NOT NULL/,
      );
      expect(said.out).toMatch(
        /Next: Mend the database[^\n]*ALTER TABLE "Session" ALTER COLUMN "updatedAt" SET DEFAULT/,
      );
      await world.database.query(`ALTER TABLE "Session" DROP COLUMN "updatedAt"`);
      await vi.waitFor(async () => expect(await readyz()).toBe(200), { timeout: 10_000, interval: 250 });
      expect((await doctor(true)).out).toMatch(/✓ the database keeps a new token/);
    });
  });

  describe.concurrent(
    "a role that may not use what runs are written to, or the schema at all",
    { timeout: 60_000 },
    () => {
      const { world, doctor } = newWorld();
      const role = `half_shut_${randomBytes(4).toString("hex")}`;

      it("is named by health and doctor before a run begins, with the GRANT; ready all the same where tokens are kept", async () => {
        const { database } = world;
        await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'shut'; GRANT CREATE ON DATABASE "${database.name}" TO ${role};
        GRANT USAGE ON SCHEMA expand_contract TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA public, expand_contract TO ${role};
        GRANT ALL ON ALL SEQUENCES IN SCHEMA expand_contract TO ${role}; REVOKE ALL ON expand_contract."MigrationOutcome" FROM ${role}`);
        const url = Object.assign(new URL(database.url), { username: role, password: "shut" }).href;
        try {
          await world.restart("expand", { DATABASE_URL: url });
          const one = await doctor(true);
          const outcomes =
            /✗ the role "half_shut_\w+" lacks SELECT, INSERT, UPDATE, DELETE on expand_contract\."MigrationOutcome"\. (GRANT .*;)/;
          expect(one).toMatchObject({ code: 1, out: expect.stringMatching(outcomes) });
          expect(one.out).toMatch(/✓ the database keeps a new token[^]*Next: Mend the database: the role/);
          expect((await fetch(`${world.app!.url}/readyz`)).status).toBe(200);
          await database.query(outcomes.exec(one.out)![1]!);
          expect((await doctor(true)).code).toBe(0);
          await database.query(`REVOKE SELECT ON expand_contract."SchemaStep" FROM ${role}`);
          expect((await doctor(true)).out).toMatch(/lacks SELECT on expand_contract\."SchemaStep"/);
          await database.query(`REVOKE USAGE ON SCHEMA expand_contract FROM ${role}`);
          const shut = await doctor(true);
          expect(shut).toMatchObject({ code: 1, out: expect.stringMatching(/GRANT USAGE ON SCHEMA expand_contract/) });
        } finally {
          await world.app?.stop();
          await database.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
        }
      });
    },
  );

  describe.concurrent("another transaction", { timeout: 60_000 }, () => {
    const { world, doctor } = migratedWorld(newWorld());

    it("that holds a row or a table takes no instance out of the traffic; who holds the table is said", async () => {
      const holder = new pg.Client({ connectionString: world.database.url, application_name: "index builder" });
      await holder.connect();
      try {
        const readyz = async () => (await fetch(`${world.app!.url}/readyz`)).status;
        await holder.query(`BEGIN; SELECT 1 FROM "Session" FOR UPDATE`);
        expect((await doctor(true)).out).toMatch(/✓ the database keeps a new token/);
        expect(await readyz()).toBe(200);
        await holder.query(`LOCK TABLE "Session" IN SHARE MODE`);
        await vi.waitFor(
          async () =>
            expect((await doctor(true)).out).toMatch(
              /✗ .*"Session" is locked by the process \d+ of Postgres \(idle in transaction, "index builder"/,
            ),
          { timeout: 20_000, interval: 500 },
        );
        expect(await readyz()).toBe(200);
      } finally {
        await holder.end();
      }
      await vi.waitFor(async () => expect((await doctor(true)).code).toBe(0), { timeout: 10_000, interval: 500 });
    });
  });
}
