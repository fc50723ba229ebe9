/** What an instance costs while nothing happens, how soon a job starts all the same, and how long a start takes. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { JOBS_SCHEMA } from "../../app/schema/own-schema.ts";
import { type AppProcess, startAppProcess } from "../../scripts/app-process.ts";
import { deployMigrations } from "../../scripts/deploy-migrations.ts";
import { startEmbeddedPostgres } from "../../scripts/embedded-postgres.ts";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { machineFacts, measuredCommit } from "./machine-facts.ts";
import { residentMb } from "./migration/resident-memory.ts";

export const about = "an instance without traffic: processor time, transactions, memory; start (option: --seconds)";

const SETTLE_MS = 20_000;
const STARTS = 5;
const JOBS = 10;
/** Linux counts processor time in these. */
const TICKS_PER_SECOND = 100;

export async function run(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({ args: [...args], options: { seconds: { type: "string", default: "60" } } });
  const seconds = Number(values.seconds);
  const server = await startEmbeddedPostgres();
  const client = new pg.Client({ connectionString: server.url() });
  const apps: AppProcess[] = [];
  const boss = new PgBoss({ connectionString: server.url(), schema: JOBS_SCHEMA, schedule: false, supervise: false });
  boss.on("error", () => {});
  try {
    await deployMigrations(server.url());
    await client.connect();
    const starts: { seconds: number; cpu: number }[] = [];
    for (let i = 0; i < STARTS; i++) {
      await apps.pop()?.stop();
      const begun = performance.now();
      const app = await startAppProcess({ env: environment(server.url()) });
      starts.push({ seconds: (performance.now() - begun) / 1_000, cpu: cpuSeconds(app.pid) });
      apps.push(app);
    }
    const { pid } = apps[0]!;
    await sleep(SETTLE_MS);
    const before = { cpu: cpuSeconds(pid), commits: await commits(client) };
    await sleep(seconds * 1_000);
    const cpu = ((cpuSeconds(pid) - before.cpu) / seconds) * 60;
    // The question itself is a transaction.
    const transactions = (((await commits(client)) - before.commits - 1) / seconds) * 60;
    const memory = residentMb(pid);
    const waits = await jobWaits(boss, client);
    const quickest = starts.toSorted((a, b) => a.seconds - b.seconds)[0]!;
    const rows: Row[] = [
      ["processor time in a minute", `${cpu.toFixed(2)} s`, "≤ 0.3 s", cpu <= 0.3],
      ["transactions in a minute", transactions.toFixed(0), "≤ 120", transactions <= 120],
      ["resident memory", `${memory.toFixed(0)} MB`, "≤ 150 MB", memory <= 150],
      [
        `${JOBS} jobs, each sent while nothing ran: longest wait for the start`,
        `${Math.max(...waits).toFixed(2)} s`,
        "≤ 1 s",
        Math.max(...waits) <= 1,
      ],
      [
        `start to first answer, quickest of ${STARTS}`,
        `${quickest.seconds.toFixed(2)} s (${quickest.cpu.toFixed(2)} s of processor)`,
        "≤ 0.8 s",
        quickest.seconds <= 0.8,
      ],
    ];
    const text = report(rows, seconds);
    console.log(text);
    if (seconds >= 60) writeFileSync(join(PROJECT_ROOT, "docs/benchmarks/idle.md"), text);
    return rows.every(([, , , holds]) => holds);
  } finally {
    await Promise.all(apps.map((app) => app.stop()));
    await boss.stop({ graceful: false }).catch(() => {});
    await client.end().catch(() => {});
    await server.stop();
  }
}

type Row = [measure: string, ours: string, required: string, holds: boolean];

function environment(databaseUrl: string): Record<string, string> {
  return {
    SHOPIFY_API_KEY: TEST_APP.clientId,
    SHOPIFY_API_SECRET: TEST_APP.clientSecret,
    SHOPIFY_APP_URL: TEST_APP.url,
    SCOPES: TEST_APP.scopes.join(","),
    DATABASE_URL: databaseUrl,
    MIGRATION_SECRET: "x".repeat(32),
  };
}

/** User and system time of all its threads. @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function commits(client: pg.Client): Promise<number> {
  // Backends report at most once a second.
  await sleep(1_500);
  const { rows } = await client.query<{ commits: string }>(
    `SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = current_database()`,
  );
  return Number(rows[0]!.commits);
}

/** Seconds from a job's creation to its start, by the database's clock. */
async function jobWaits(boss: PgBoss, client: pg.Client): Promise<number[]> {
  await boss.start();
  const waits: number[] = [];
  for (let i = 0; i < JOBS; i++) {
    const id = await boss.send("prune-history", null);
    await sleep(2_000 + Math.random() * 500);
    const { rows } = await client.query<{ wait: number | null }>(
      `SELECT extract(epoch FROM started_on - created_on)::float8 AS wait FROM ${JOBS_SCHEMA}.job WHERE id = $1`,
      [id],
    );
    waits.push(rows[0]?.wait ?? Infinity);
  }
  return waits;
}

function report(rows: readonly Row[], seconds: number): string {
  const lines = rows.map(
    ([measure, ours, required, holds]) => `| ${measure} | ${holds ? ours : `**${ours}** ✗`} | ${required} |`,
  );
  return `# An instance while nothing happens

The production build beside an empty database, background jobs on, no request. Measured over ${seconds} s, ${SETTLE_MS / 1_000} s after the start.

\`\`\`sh
npm run bench -- idle
\`\`\`

| measure | this app | required |
| --- | --- | --- |
${lines.join("\n")}

Measured on ${new Date().toISOString().slice(0, 10)} at ${measuredCommit()}: ${machineFacts()}.
`;
}
