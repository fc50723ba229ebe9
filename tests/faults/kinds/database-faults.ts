import pg from "pg";
import { type Fault, type FaultContext, sleep } from "../fault.ts";

const DISABLED = "a trigger that refuses every write, as on a table that is read-only";

/** Ends the app's connections, not those of this process. */
const endConnections = (world: FaultContext["world"]) =>
  world.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'expand-contract%'`,
  );

const nameOf = (url: string) => new URL(url).pathname.slice(1);

export const databaseFaults: Record<string, Fault> = {
  "database-gone": {
    title: "The database is gone for 30 s: connections break, new ones are refused",
    seconds: 30,
    async happen({ way, seconds }) {
      way.sever();
      await sleep(seconds * 1_000);
      way.mend();
    },
  },
  "database-gone-in-run": {
    title: "The database is gone for 30 s in the middle of a migration",
    seconds: 30,
    inRun: true,
    async happen({ way, seconds }) {
      await sleep(500);
      way.sever();
      await sleep(seconds * 1_000);
      way.mend();
    },
  },
  "packets-dropped": {
    title: "A failover that drops packets: connections stay open and carry nothing, new ones work",
    seconds: 20,
    async happen({ way, seconds }) {
      way.silence();
      await sleep(seconds * 1_000);
    },
  },
  "database-hangs": {
    title: "The database accepts connections and answers nothing for 15 s",
    seconds: 15,
    async happen({ way, seconds }) {
      way.stall();
      await sleep(seconds * 1_000);
      way.mend();
    },
  },
  "pool-exhausted": {
    title: "Another client takes every connection that the server has, and ends the app's",
    seconds: 15,
    async happen({ world, seconds, onEnd }) {
      const taken: pg.Client[] = [];
      const release = () => Promise.all(taken.splice(0).map((client) => client.end().catch(() => {})));
      onEnd(release);
      const takeAll = async () => {
        for (;;) {
          const client = new pg.Client({ connectionString: world.databaseUrl, application_name: "greedy" });
          client.on("error", () => {});
          try {
            await client.connect();
            taken.push(client);
          } catch {
            return; // 53300: too many connections
          }
        }
      };
      await takeAll();
      const until = performance.now() + seconds * 1_000;
      await endConnections(world);
      while (performance.now() < until) {
        await takeAll();
        await sleep(200);
      }
      await release();
    },
  },
  "table-read-only": {
    title: "`Session` becomes read-only for 15 s: every write is refused (25006)",
    note: DISABLED,
    seconds: 15,
    async happen({ world, seconds }) {
      await world.query(
        `CREATE FUNCTION public.refuse_write() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'cannot execute % in a read-only transaction', TG_OP USING ERRCODE = '25006'; END $$`,
      );
      await world.query(
        `CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE ON "Session" FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_write()`,
      );
      await sleep(seconds * 1_000);
      await world.query(`DROP TRIGGER refuse_write ON "Session"`);
    },
  },
  "database-read-only": {
    title: "The whole database becomes read-only for 15 s, as after a failover to a standby",
    seconds: 15,
    async happen({ world, seconds }) {
      const name = nameOf(world.databaseUrl);
      await world.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
      await endConnections(world);
      await sleep(seconds * 1_000);
      const admin = new pg.Client({ connectionString: world.databaseUrl });
      await admin.connect();
      await admin.query(`SET default_transaction_read_only = off`);
      await admin.query(`ALTER DATABASE "${name}" RESET default_transaction_read_only`);
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      await admin.end();
    },
  },
};
