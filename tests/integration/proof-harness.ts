import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openDatabase, type OpenDatabase } from "../../app/infra/database/open-database.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { tokensHarness } from "./tokens-harness.ts";

export const TRIGGER = (body: string) => `
  CREATE FUNCTION stands_in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
  CREATE TRIGGER gatekeeper BEFORE INSERT OR UPDATE ON "Session" FOR EACH ROW EXECUTE FUNCTION stands_in_the_way()`;
export const NO_TRIGGER = `DROP FUNCTION stands_in_the_way CASCADE`;
export const NOT_NULL = `ALTER TABLE "Session" ADD COLUMN "updatedAt" timestamp(3) NOT NULL DEFAULT now();
  ALTER TABLE "Session" ALTER COLUMN "updatedAt" DROP DEFAULT`;

export interface Obstacle {
  name: string;
  spoil: string;
  /** Undoes it, where the remedy that is offered does not. */
  mend?: string;
  /** Takes away what the remedy leaves. */
  drop?: string;
  kind: string;
  says: RegExp;
}

/** The tokens harness, with a folder for what the database did not take, and databases that refuse. For a whole test file. */
export function proofHarness() {
  const h = tokensHarness();
  const root = mkdtempSync(join(tmpdir(), "unstored-"));
  const directory = join(root, "record");
  const emergency = { secrets: [TEST_APP.clientSecret], directory };
  const opened: OpenDatabase[] = [];

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close()));
    rmSync(root, { recursive: true, force: true });
  });

  /** A connection of the app's kind, closed at the end. */
  function open(url: string, options: { statementTimeoutMs?: number } = {}): OpenDatabase {
    const database = openDatabase(url, { poolSize: 3, ...options });
    opened.push(database);
    return database;
  }

  const connect = (url: string) => h.process({ database: open(url), emergency });

  function weak() {
    const url = new URL(h.database.url);
    return connect(Object.assign(url, { username: "weak_role", password: "weak" }).href);
  }

  return {
    h,
    root,
    directory,
    emergency,
    open,
    connect,

    /** A process whose database role has what `grants` gives it. */
    async asRole(grants: string) {
      await h.database.query(
        `DO $$ BEGIN CREATE ROLE weak_role LOGIN PASSWORD 'weak'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
      );
      await h.database.query(`GRANT USAGE ON SCHEMA expand_contract TO weak_role`);
      await h.database.query(`REVOKE ALL ON ALL TABLES IN SCHEMA public, expand_contract FROM weak_role`);
      await h.database.query(
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, expand_contract TO weak_role`,
      );
      await h.database.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA public, expand_contract TO weak_role`);
      await h.database.query(grants);
      return weak();
    },
    /** One more process of that role. */
    weak,

    unstored: () =>
      h.database.query<{ shop: string; sealed: string }>(`SELECT shop, sealed FROM expand_contract."UnstoredPair"`),

    /** Puts an obstacle into the way of what is done meanwhile, and takes it away as the remedy says. */
    async behind({ spoil, mend, drop, kind }: Obstacle, act: () => Promise<void>): Promise<void> {
      await h.database.query(spoil);
      try {
        await act();
      } finally {
        const { remedy } = (await h.process().storageProblem()) ?? { remedy: "" };
        await h.database.query(mend ?? remedy.replace(/^.*or: /, ""));
        if (drop) await h.database.query(drop);
        else if (mend === undefined && kind === "trigger") await h.database.query(NO_TRIGGER);
        else if (mend === undefined && kind === "not_null")
          await h.database.query(`ALTER TABLE "Session" DROP COLUMN "updatedAt"`);
      }
    },
  };
}
