import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { openDatabase } from "../../../app/infra/database/open-database.ts";
import type { RunView } from "../../../app/migration/index.ts";
import { countPermanentTokens } from "../../../app/tokens/index.ts";
import { readRun } from "../../../app/migration/run/read-run.ts";
import { createSandboxClient, type SandboxClient } from "../../../sandbox/client.ts";
import { deployMigrations } from "../../../scripts/deploy-migrations.ts";
import { startEmbeddedPostgres } from "../../../scripts/embedded-postgres.ts";

const INSTANCE = new URL("../../crash/migration-instance.ts", import.meta.url);
const SIMULATOR = new URL("./processes/simulator-process.ts", import.meta.url);
const BARE_CLIENT = new URL("./processes/bare-client.ts", import.meta.url);
const REACH_DIRECTLY = new URL("./processes/reach-directly.ts", import.meta.url);
const SCRIPT = new URL("./processes/documented-script.ts", import.meta.url);

/** What every measurement is given: one Postgres, one simulator, and how to start processes against them. */
export interface Bench {
  database: pg.Pool;
  simulator: SandboxClient;
  /** `permanentTokens`, as the app counts it. */
  countPermanent(): Promise<number>;
  /** The run as operators see it. */
  view(id: string): Promise<RunView>;
  /** Empty tables, empty simulator, no faults, no limit. */
  reset(): Promise<void>;
  /** Installs shops with permanent tokens. */
  seed(count: number, prefix?: string): Promise<string[]>;
  /**
   * From now on instances and script reach every shop by HTTPS at its own host, through the simulator's proxy or `direct`, instead of the
   * simulator by plain HTTP.
   */
  useTls(use: boolean | "direct"): void;
  /** What a process is given to work on that database and that simulator. */
  environment(env?: Record<string, string>): NodeJS.ProcessEnv;
  /** A client that makes the calls alone, for every permanent session; its cost after the warm-up. */
  bareClient(): Promise<{ processorMs: number; perSecond: number }>;
  /** An instance of the app, ready for work. */
  startInstance(env?: Record<string, string>): Promise<ChildProcess>;
  /** Has the first instance start a run, as a POST to it would, and waits for its end; `during` may look or interfere. */
  run(body?: object, during?: (id: string) => Promise<void>): Promise<RunView>;
  /** Shopify's documented script over what is in the database, at most for so long. */
  documentedScript(seconds: number): Promise<{ shops: number; seconds: number; failed: number }>;
  stop(child: ChildProcess): Promise<void>;
  close(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const postgres = process.env.TEST_DATABASE_URL ? undefined : await startEmbeddedPostgres();
  const adminUrl = process.env.TEST_DATABASE_URL ?? postgres!.url();
  const name = `bench_${process.pid}`;
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE "${name}"`);
  const target = new URL(adminUrl);
  target.pathname = `/${name}`;
  const databaseUrl = target.href;
  await deployMigrations(databaseUrl);
  const database = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  database.on("error", () => {});

  const simulatorProcess = fork(SIMULATOR, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [where] = (await once(simulatorProcess, "message")) as [
    { url: string; env: Record<string, string>; caPath: string; tlsPort: number },
  ];
  const simulator = createSandboxClient(where.url);
  const db = openDatabase(databaseUrl, { poolSize: 2 });
  const view = async (id: string) => (await readRun(db, id, "none"))!;
  let useTls: boolean | "direct" = false;
  const direct = {
    NODE_EXTRA_CA_CERTS: where.caPath,
    SIMULATOR_TLS_PORT: String(where.tlsPort),
    NODE_OPTIONS: `--import ${REACH_DIRECTLY.href}`,
  };
  const children = new Set<ChildProcess>();

  const childEnv = (env: Record<string, string> = {}) => ({
    ...process.env,
    DATABASE_URL: databaseUrl,
    ...(useTls === "direct" ? direct : useTls ? where.env : { PLAIN_SIMULATOR: where.url }),
    ...env,
  });

  async function stop(child: ChildProcess): Promise<void> {
    children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  }

  return {
    database,
    simulator,
    countPermanent: () => countPermanentTokens({ db: db }),
    view,
    async reset() {
      await simulator.faults.clear();
      await simulator.tokenRateLimit(null);
      await simulator.reset();
      await database.query(
        `TRUNCATE "Session", expand_contract."ShopToken", expand_contract."TokenEvent", expand_contract."MigrationRun" CASCADE`,
      );
    },
    async seed(count, prefix = "bench") {
      const shops = Array.from({ length: count }, (_, i) => `${prefix}-${String(i).padStart(7, "0")}.myshopify.com`);
      const installed = await simulator.installShops(shops.map((shop) => ({ shop, token: "permanent" as const })));
      await database.query(
        `INSERT INTO "Session" (id, shop, state, scope, "accessToken")
         SELECT 'offline_' || shop, shop, '', 'read_products', token
         FROM jsonb_to_recordset($1::jsonb) AS r(shop text, token text)`,
        [JSON.stringify(installed.map((one) => ({ shop: one.shop, token: one.accessToken })))],
      );
      await database.query(`ANALYZE "Session"`);
      return shops;
    },
    useTls(use) {
      useTls = use;
    },
    environment: childEnv,
    async startInstance(env) {
      const child = fork(INSTANCE, { env: childEnv(env), stdio: ["ignore", "inherit", "inherit", "ipc"] });
      children.add(child);
      child.once("exit", () => children.delete(child));
      await once(child, "message");
      return child;
    },
    async run(body = {}, during) {
      const [starter] = children;
      if (!starter) throw new Error("no instance is there to start a run");
      const started = once(starter, "message") as Promise<[{ id: string }]>;
      starter.send({ start: body });
      const [{ id }] = await started;
      const watching = during?.(id);
      let run = await view(id);
      while (run.status === "running") {
        await sleep(250);
        run = await view(id);
      }
      await watching;
      return (await readRun(db, id))!;
    },
    async bareClient() {
      const child = fork(BARE_CLIENT, { env: childEnv(), stdio: ["ignore", "inherit", "inherit", "ipc"] });
      const [cost] = (await once(child, "message")) as [{ processorMs: number; perSecond: number }];
      await once(child, "exit");
      return cost;
    },
    async documentedScript(seconds) {
      const child = fork(SCRIPT, {
        env: childEnv({ SECONDS: String(seconds) }),
        stdio: ["ignore", "inherit", "inherit", "ipc"],
      });
      const [result] = (await once(child, "message")) as [{ shops: number; seconds: number; failed: number }];
      await once(child, "exit");
      return result;
    },
    stop,
    async close() {
      await Promise.all([...children].map(stop));
      await db.close();
      simulatorProcess.disconnect();
      await once(simulatorProcess, "exit");
      await database.end();
      await admin.query(`DROP DATABASE "${name}" WITH (FORCE)`);
      await admin.end();
      await postgres?.stop();
    },
  };
}
