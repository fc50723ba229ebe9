/** What bringing a database up to date costs the traffic on a table of a million sessions: the longest wait of a reader and of a writer. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { migrateSchema } from "../../app/schema/migrate-schema.ts";
import { startEmbeddedPostgres } from "../../scripts/embedded-postgres.ts";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { machineFacts, measuredCommit } from "./machine-facts.ts";
import { watchLocks, type LockFacts } from "./schema/lock-watch.ts";
import { startTraffic, type Waits } from "./schema/traffic.ts";

export const about = "how long db migrate keeps readers and writers waiting on a million sessions (argument: rows)";

const QUIET_MS = 15_000;
/** No statement of the traffic may wait longer than this for a lock: lock_timeout is 200 ms, and a machine that is busy adds to it. */
const MOST_LOCK_MS = 500;

/** As Shopify's Prisma template made it before there were refresh tokens. */
const TABLE = `CREATE TABLE "Session" ("id" text PRIMARY KEY, "shop" text NOT NULL, "state" text NOT NULL, "isOnline" boolean NOT NULL DEFAULT false,
  "scope" text, "expires" timestamp(3), "accessToken" text NOT NULL, "userId" bigint, "firstName" text, "lastName" text, "email" text,
  "accountOwner" boolean NOT NULL DEFAULT false, "locale" text, "collaborator" boolean DEFAULT false, "emailVerified" boolean DEFAULT false)`;

interface Row {
  name: string;
  tookMs: number;
  reader: Waits;
  writer: Waits;
  locks: LockFacts;
  failed: number;
}

/** Each on a copy of the same database, under the same traffic. */
const WAYS: { name: string; act: (url: string) => Promise<unknown> }[] = [
  { name: "no deployment", act: () => sleep(QUIET_MS) },
  { name: "the same statements as a plain migration file", act: runPlainly },
  { name: "`db migrate`", act: migrateSchema },
  { name: "`db migrate`, again: nothing to do", act: migrateSchema },
];

export async function run([rows = "1000000"]: readonly string[]): Promise<boolean> {
  const server = await startEmbeddedPostgres();
  const admin = new pg.Client({ connectionString: server.url() });
  try {
    await admin.connect();
    await admin.query("CREATE DATABASE seeded");
    await seed(server.url("seeded"), Number(rows));
    for (const name of ["plain", "ours"])
      await admin.query(`CREATE DATABASE ${name} TEMPLATE seeded STRATEGY FILE_COPY`);
    const measured: Row[] = [];
    for (const [index, way] of WAYS.entries()) {
      measured.push(await measure(server.url(index < 2 ? "plain" : "ours"), Number(rows), way));
      console.log(measured.at(-1));
    }
    const text = report(Number(rows), measured);
    writeFileSync(join(PROJECT_ROOT, "docs/benchmarks/schema.md"), text);
    console.log(text);
    return measured
      .slice(2)
      .every(({ locks, failed }) => Math.max(locks.readerMs, locks.writerMs) <= MOST_LOCK_MS && failed === 0);
  } finally {
    await admin.end().catch(() => {});
    await server.stop();
  }
}

async function seed(url: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(TABLE);
  await client.query(
    `INSERT INTO "Session" (id, shop, state, scope, "accessToken") SELECT 'offline_' || s, s, '', 'read_products', 'shpat_' || md5(s)
     FROM (SELECT 'shop-' || n || '.myshopify.com' AS s FROM generate_series(1, $1::int) n) rows`,
    [rows],
  );
  await client.query(`VACUUM ANALYZE "Session"`);
  await client.end();
}

/** What a migration file does: no CONCURRENTLY, and no end to the wait for a lock. */
async function runPlainly(url: string): Promise<void> {
  const statements: string[] = [];
  await migrateSchema(url, { dryRun: true, onStatement: (sql) => statements.push(sql) });
  const client = new pg.Client({ connectionString: url, application_name: "expand-contract plain" });
  await client.connect();
  for (const sql of statements) if (!/SET LOCAL/.test(sql)) await client.query(sql.replace(" CONCURRENTLY", ""));
  await client.end();
}

async function measure(url: string, rows: number, { name, act }: (typeof WAYS)[number]): Promise<Row> {
  const traffic = await startTraffic(url, rows);
  await sleep(2_000);
  const locks = await watchLocks(url);
  traffic.reset();
  const began = performance.now();
  await act(url);
  const tookMs = performance.now() - began;
  const facts = await locks.stop();
  // A statement that waits at this moment is counted when it is answered.
  await sleep(500);
  const row = {
    name,
    tookMs,
    reader: traffic.waits("reader"),
    writer: traffic.waits("writer"),
    failed: traffic.failed(),
  };
  await traffic.stop();
  return { ...row, locks: facts };
}

function report(rows: number, measured: Row[]): string {
  const ms = (value: number) => (value < 10 ? value.toFixed(1) : String(Math.round(value)));
  const lines = measured.map(({ name, tookMs, reader, writer, locks }) =>
    [
      name,
      (tookMs / 1_000).toFixed(1),
      `${ms(reader.p99Ms)} / ${ms(reader.longestMs)}`,
      `${ms(writer.p99Ms)} / ${ms(writer.longestMs)}`,
      ms(locks.readerMs),
      ms(locks.writerMs),
      ms(locks.heldMs),
    ].join(" | "),
  );
  const { statements } = measured[2]!.reader;
  return `# What a deployment costs the traffic

\`expand-contract db migrate\` on a template's table of ${rows.toLocaleString("en")} sessions, without the columns and indexes of this package, while four
clients read sessions, four write them, and a report reads in transactions of 3 s (repeatable read, as \`pg_dump\` does): the columns are added, five indexes built and the
schema \`expand_contract\` made. Milliseconds.

\`\`\`sh
npm run bench -- schema${rows === 1_000_000 ? "" : ` ${rows}`}
\`\`\`

| | takes, s | a read: p99 / longest | a write: p99 / longest | longest wait of a read for a lock | of a write for a lock | longest hold of a lock that keeps writers out |
| --- | --- | --- | --- | --- | --- | --- |
${lines.map((line) => `| ${line} |`).join("\n")}

A read's and a write's times are what their clients waited, whatever for: processors, disk and locks (${statements.toLocaleString("en")} reads during \`db migrate\`). The last three columns
are what the server says (\`pg_locks\`, \`pg_stat_activity\`, looked at every few milliseconds); 0 is "never seen". The longest hold counts from the beginning of the statement that
took the lock. No statement of \`db migrate\` waits longer than 200 ms for a lock that others queue up behind; it gives way and comes again.

Required: no wait for a lock above ${MOST_LOCK_MS} ms, no statement of the traffic fails. Measured ${new Date().toISOString().slice(0, 10)} at ${measuredCommit()} on ${machineFacts()}.
`;
}
