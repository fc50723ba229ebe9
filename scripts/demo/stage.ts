import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startFronts, type Fronts } from "../../sandbox/admin/start-fronts.ts";
import { startSandbox, type Sandbox } from "../../sandbox/start.ts";
import { deployMigrations } from "../deploy-migrations.ts";
import { startEmbeddedPostgres } from "../embedded-postgres.ts";
import { findFreePort } from "../free-port.ts";
import { PROJECT_ROOT } from "../project-root.ts";
import { createAppRunner, type AppRunner } from "./app-runner.ts";
import { createDemoApp, writeDemoToml, type DemoApp } from "./demo-app.ts";

interface StagePorts {
  /** The Admin for ordinary browsers; the app's front takes the next one. */
  admin: number;
  app: number;
  sandbox: number;
}

export interface StageOptions {
  ports: StagePorts;
  /** `development` runs the sources with reload instead of the build. */
  mode?: "production" | "development";
  /** What the app writes, besides its log file. */
  onAppOutput?: (text: string) => void;
  /** Told about each thing that stands. */
  tell: (what: string) => void;
}

/** Everything that the demo and the tour play on: database, simulator, fronts, and the app (not started yet). */
export interface Stage {
  app: DemoApp;
  runner: AppRunner;
  sandbox: Sandbox;
  fronts: Fronts;
  database: pg.Pool;
  databaseUrl: string;
  /** For `Authorization: Bearer …`; new with each run. */
  migrationSecret: string;
  close(): Promise<void>;
}

/** Opens the stage, in order; on a failure closes what was opened. Ports that are taken are replaced by free ones. */
export async function openStage({ ports, mode, onAppOutput, tell }: StageOptions): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer().catch(() => {});
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), "expand-contract-demo-"));
    closers.push(() => rm(folder, { recursive: true, force: true }));

    const postgres = await startEmbeddedPostgres();
    closers.push(() => postgres.stop());
    await deployMigrations(postgres.url());
    const database = new pg.Pool({ connectionString: postgres.url(), max: 4 });
    database.on("error", () => {});
    closers.push(() => database.end());
    tell(`Postgres ${await versionOf(database)} on port ${postgres.port}, with the current schema`);

    const app = createDemoApp();
    const appPort = await findFreePort(ports.app);
    const sandbox = await startSandbox({
      port: await findFreePort(ports.sandbox),
      proxyPort: 0,
      app: {
        ...app,
        legacyInstallFlow: true,
        tomlPath: await writeDemoToml(app, folder),
        deliverTo: `http://127.0.0.1:${appPort}`,
      },
    });
    closers.push(() => sandbox.close());
    const fronts = await startFronts({
      sandbox,
      appOrigin: `http://127.0.0.1:${appPort}`,
      httpPort: await findPairOfPorts(ports.admin),
    });
    closers.push(() => fronts.close());
    tell(`a simulator of Shopify on ${sandbox.url}`);

    const migrationSecret = randomBytes(32).toString("hex");
    const logFolder = join(PROJECT_ROOT, ".data", "demo");
    await mkdir(logFolder, { recursive: true });
    const runner = createAppRunner({
      port: appPort,
      mode,
      onOutput: onAppOutput,
      logFile: join(logFolder, "app.log"),
      env: {
        SHOPIFY_API_KEY: app.clientId,
        SHOPIFY_API_SECRET: app.clientSecret,
        SHOPIFY_APP_URL: app.url,
        SCOPES: app.scopes.join(","),
        DATABASE_URL: postgres.url(),
        MIGRATION_SECRET: migrationSecret,
        DEMO_APP_FRONT: fronts.localAppUrl,
        ...sandbox.env,
      },
    });
    closers.push(() => runner.stop(1_500));
    return { app, runner, sandbox, fronts, database, databaseUrl: postgres.url(), migrationSecret, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function versionOf(database: pg.Pool): Promise<string> {
  const { rows } = await database.query<{ server_version: string }>("SHOW server_version");
  return rows[0]?.server_version ?? "";
}

/** The fronts take a port and the one after it: both must be free. */
async function findPairOfPorts(first: number): Promise<number> {
  for (const start of [first, 0, 0, 0]) {
    const port = await findFreePort(start);
    if ((await findFreePort(port + 1)) === port + 1) return port;
  }
  return 0;
}
