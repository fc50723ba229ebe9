/** What the pages of the operator's console ask of the database at a million shops, page by page, with Postgres's own plan. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { openDatabase, type OpenDatabase } from "../../app/infra/database/open-database.ts";
import { PRISMA_LAYOUT } from "../../app/infra/database/session-layout.ts";
import { burnDown } from "../../app/operator/console/facts/rollout/burn-down.ts";
import { readEndingChains } from "../../app/operator/console/facts/rollout/read-ending-chains.server.ts";
import { readMigratedByDay } from "../../app/operator/console/facts/rollout/read-migrated-by-day.server.ts";
import { findShops } from "../../app/operator/console/facts/shops/find-shops.server.ts";
import type { ShopFilter } from "../../app/operator/console/facts/shops/shop-filter.ts";
import { deployMigrations } from "../../scripts/deploy-migrations.ts";
import { startEmbeddedPostgres } from "../../scripts/embedded-postgres.ts";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { machineFacts, measuredCommit } from "./machine-facts.ts";

export const about = "what the console's pages ask of the database at a million shops (argument: shops)";

const LOOKS = 15;
const PAGE = 50;
/** A page of a list; median. */
const MOST_MS = 100;

const FILTERS: [string, ShopFilter][] = [
  ["all shops", {}],
  ["search: the beginning of a name", { search: "shop-12345" }],
  ["permanent, to migrate", { state: "permanent" }],
  ["permanent, not served (100 among half a million)", { state: "unserved" }],
  ["expiring, the most urgent first", { state: "expiring" }],
  ["needs its merchant", { state: "needs_reauthorization" }],
  ["paused", { state: "paused" }],
  ["uninstalled", { state: "uninstalled" }],
  ["outcome migrated (half a million)", { outcome: "migrated" }],
  ["outcome failed, and paused (none fits)", { outcome: "failed", state: "paused" }],
  ["outcome failed, and to migrate", { outcome: "failed", state: "permanent" }],
  ["outcome migrated, and to migrate (none fits)", { outcome: "migrated", state: "permanent" }],
];

interface Row {
  name: string;
  first: number;
  median: number;
}

export async function run([shops = "1000000"]: readonly string[]): Promise<boolean> {
  const server = await startEmbeddedPostgres();
  const client = new pg.Client({ connectionString: server.url() });
  try {
    await deployMigrations(server.url());
    await client.connect();
    await seed(client, Number(shops));
    const db = openDatabase(server.url(), { poolSize: 4, statementTimeoutMs: 60_000 });
    const lists: Row[] = [];
    for (const [name, filter] of FILTERS) {
      lists.push(await measure(name, () => findShops(db, PRISMA_LAYOUT, filter, PAGE)));
      const deep = await tenPagesOn(db, filter);
      if (deep) lists.push(await measure(`${name}, ten pages on`, () => findShops(db, PRISMA_LAYOUT, deep, PAGE)));
    }
    const others = [
      await measure("chains that end soon", () => readEndingChains(db, PRISMA_LAYOUT, Date.now())),
      await measure("migrated by day, for the burn-down", async () =>
        burnDown({ left: 1, migrated: await readMigratedByDay(db), now: Date.now() }),
      ),
    ];
    await db.close();
    const text = report(Number(shops), lists, others);
    writeFileSync(join(PROJECT_ROOT, "docs/benchmarks/console.md"), text);
    console.log(text);
    return lists.every(({ median }) => median <= MOST_MS);
  } finally {
    await client.end().catch(() => {});
    await server.stop();
  }
}

async function tenPagesOn(db: OpenDatabase, filter: ShopFilter): Promise<ShopFilter | undefined> {
  let after: ShopFilter["after"];
  for (let page = 0; page < 10; page++) {
    after = (await findShops(db, PRISMA_LAYOUT, { ...filter, after }, PAGE)).next;
    if (!after) return undefined;
  }
  return { ...filter, after };
}

/** Half of the shops are migrated, over 20 days; a few are in every other state; the latest run has an outcome for each. */
async function seed(client: pg.Client, shops: number): Promise<void> {
  const name = `'shop-' || n || '.myshopify.com'`;
  await client.query(
    `INSERT INTO "Session" (id, shop, state, scope, "accessToken", "refreshToken", expires, "refreshTokenExpires")
     SELECT 'offline_' || s, s, '', 'read_products', 'shpat_' || md5(s), r, CASE WHEN r IS NOT NULL THEN now() + interval '1 hour' END,
       CASE WHEN r IS NOT NULL THEN now() + interval '90 days' - (n % 1728000) * interval '1 second' END
     FROM (SELECT n, ${name} AS s, CASE WHEN n % 2 = 0 THEN 'shprt_' || n END AS r FROM generate_series(1, $1::int) n WHERE n % 1000 <> 7) rows`,
    [shops],
  );
  await client.query(
    `INSERT INTO expand_contract."ShopToken" (shop, generation, "migratedAt", "refreshedAt", "suspendedAt", "suspendedWhy", "uninstalledAt", "needsReauthAt", "needsReauthWhy")
     SELECT ${name}, 1, CASE WHEN n % 2 = 0 THEN now() - (n % 1728000) * interval '1 second' END, now(),
       CASE WHEN n % 10000 = 9999 THEN now() - n * interval '1 second' END, CASE WHEN n % 10000 = 9999 THEN 'frozen' END,
       CASE WHEN n % 1000 = 7 THEN now() - n * interval '1 second' END, CASE WHEN n % 1000 = 8 THEN now() - n * interval '1 second' END,
       CASE WHEN n % 1000 = 8 THEN 'refresh_token_refused' END
     FROM generate_series(1, $1::int) n WHERE n % 2 = 0 OR n % 1000 = 7 OR n % 10000 = 9999`,
    [shops],
  );
  await client.query(
    `UPDATE expand_contract."ShopToken" t SET "needsReauthToken" = left(encode(sha256(convert_to(s."refreshToken", 'UTF8')), 'hex'), 32)
     FROM "Session" s WHERE s.id = 'offline_' || t.shop AND t."needsReauthAt" IS NOT NULL`,
  );
  await client.query(
    `INSERT INTO expand_contract."MigrationRun" (id, status, options, "finishedAt", total) VALUES ('bench', 'completed', '{}', now(), $1)`,
    [shops],
  );
  await client.query(
    `INSERT INTO expand_contract."MigrationOutcome" ("runId", shop, outcome, code)
     SELECT 'bench', ${name}, CASE WHEN n % 2 = 0 THEN 'migrated' WHEN n % 500 = 1 THEN 'failed' ELSE 'already_expiring' END, 'verified'
     FROM generate_series(1, $1::int) n`,
    [shops],
  );
  for (const table of ['"Session"', 'expand_contract."ShopToken"', 'expand_contract."MigrationOutcome"']) {
    await client.query(`VACUUM ANALYZE ${table}`);
  }
}

async function measure(name: string, ask: () => Promise<unknown>): Promise<Row> {
  const times: number[] = [];
  for (let look = 0; look <= LOOKS; look++) {
    const started = performance.now();
    await ask();
    times.push(performance.now() - started);
  }
  const [first = 0, ...rest] = times;
  const row = { name, first, median: rest.toSorted((a, b) => a - b)[Math.floor(rest.length / 2)]! };
  console.log(row);
  return row;
}

function report(shops: number, lists: Row[], others: Row[]): string {
  const lines = [...lists, ...others].map(
    ({ name, first, median }) => `| ${name} | ${first.toFixed(0)} | ${median.toFixed(median < 10 ? 1 : 0)} |`,
  );
  return `# What the console's pages cost

The questions of \`/admin/shops\` and \`/admin\` at ${shops.toLocaleString("en")} shops, half of them migrated, with an outcome for each in the latest run:
milliseconds for one page of ${PAGE} (a page is two statements at most, each by an index), the first look and the median of ${LOOKS} more.
A page looks through 2,000 entries of its index at most, so a filter that hardly anything passes costs no more than the slowest line.
The counts of \`/admin\` are those of the monitor's look ([health.md](health.md)); "migrated by day" reads one table from end to end and is kept like them.

\`\`\`sh
npm run bench -- console
\`\`\`

| | first look | median |
| --- | --- | --- |
${lines.join("\n")}

Required: ${MOST_MS} ms at most for a page of a list. Measured ${new Date().toISOString().slice(0, 10)} at ${measuredCommit()} on ${machineFacts()}.
`;
}
