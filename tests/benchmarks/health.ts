/** What one look of an uptime monitor costs the database at a million shops, before and after their migration. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { openDatabase, type OpenDatabase } from "../../app/infra/database/open-database.ts";
import {
  countPermanentTokens,
  countRemainingTokens,
  createTokens,
  lookAtRemainingTokens,
} from "../../app/tokens/index.ts";
import { deployMigrations } from "../../scripts/deploy-migrations.ts";
import { startEmbeddedPostgres } from "../../scripts/embedded-postgres.ts";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { machineFacts, measuredCommit } from "./machine-facts.ts";

export const about = "what /admin/token-health asks of the database at a million shops (argument: shops)";

const LOOKS = 20;
/** A monitor that looks every ten seconds may cost a database this share of one processor. */
const MOST_MS = 250;

/** What the report cost before: the table from one end to the other, at each look. */
const WHOLE_TABLE = `
  SELECT count(*) FILTER (WHERE "accessToken" LIKE 'shpat\\_%'), count(*) FILTER (WHERE "refreshToken" <> ''),
    count(*) FILTER (WHERE "refreshToken" <> '' AND "refreshTokenExpires" < now() + interval '14 days')
  FROM "Session" WHERE NOT "isOnline"`;

interface State {
  name: string;
  /** SQL: the refresh token of shop `n`, or null for a permanent one. */
  refreshToken: string;
}

const STATES: State[] = [
  { name: "before the migration: every token permanent", refreshToken: "NULL" },
  { name: "after it: every token a pair, 1% of the chains near their end", refreshToken: `'shprt_' || n` },
  {
    name: "contract: pairs, and 1,000 permanent tokens left",
    refreshToken: `CASE WHEN n > 1000 THEN 'shprt_' || n END`,
  },
];

export async function run([shops = "1000000"]: readonly string[]): Promise<boolean> {
  const server = await startEmbeddedPostgres();
  const client = new pg.Client({ connectionString: server.url() });
  try {
    await deployMigrations(server.url());
    await client.connect();
    const rows = [];
    for (const state of STATES) {
      await seed(client, Number(shops), state);
      const db = openDatabase(server.url(), { poolSize: 8, statementTimeoutMs: 60_000 });
      rows.push({ name: state.name, ...(await measure(db)) });
      await db.close();
      console.log(rows.at(-1));
    }
    const text = report(Number(shops), rows);
    writeFileSync(join(PROJECT_ROOT, "docs/benchmarks/health.md"), text);
    console.log(text);
    return rows.every(({ ours }) => ours <= MOST_MS);
  } finally {
    await client.end().catch(() => {});
    await server.stop();
  }
}

async function seed(client: pg.Client, shops: number, { refreshToken }: State): Promise<void> {
  await client.query(`TRUNCATE "Session", expand_contract."ShopToken"`);
  await client.query(
    `INSERT INTO "Session" (id, shop, state, scope, "accessToken", "refreshToken", expires, "refreshTokenExpires")
     SELECT 'offline_' || s, s, '', 'read_products', 'shpat_' || md5(s), r,
       CASE WHEN r IS NOT NULL THEN now() + interval '1 hour' END,
       CASE WHEN r IS NOT NULL THEN now() + CASE WHEN n % 100 = 0 THEN interval '10 days' ELSE interval '80 days' END END
     FROM (SELECT n, 'shop-' || n || '.myshopify.com' AS s, ${refreshToken} AS r FROM generate_series(1, $1::int) n) rows`,
    [shops],
  );
  await client.query(
    `INSERT INTO expand_contract."ShopToken" (shop, generation, "refreshedAt") SELECT shop, 1, now() FROM "Session" WHERE "refreshToken" IS NOT NULL`,
  );
  await client.query(`VACUUM ANALYZE "Session"`);
  await client.query(`VACUUM ANALYZE expand_contract."ShopToken"`);
}

async function measure(db: OpenDatabase): Promise<{ baseline: number; first: number; ours: number }> {
  const apiOf = (apiSecretKey: string) =>
    ({
      config: { apiKey: "app", apiSecretKey },
      session: { getOfflineId: (shop: string) => `offline_${shop}` },
    }) as never;
  // A rotation of the client secret adds its counts to those of every day.
  const tokens = createTokens({ api: apiOf("new"), previousApi: apiOf("previous"), database: db, phase: "expand" });
  const look = () => Promise.all([tokens.health(), lookAtRemainingTokens({ db }), tokens.rotation()]);
  const first = await timed(look);
  const ours: number[] = [];
  const baseline: number[] = [];
  for (let i = 0; i < LOOKS; i++) {
    ours.push(await timed(look));
    const everything = () => [
      db.query({ text: WHOLE_TABLE, values: [] }),
      countPermanentTokens({ db: db }),
      countRemainingTokens({ db: db }),
    ];
    baseline.push(await timed(() => Promise.all(everything())));
  }
  return { baseline: median(baseline), first, ours: median(ours) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function report(shops: number, rows: { name: string; baseline: number; first: number; ours: number }[]): string {
  const lines = rows.map(({ name, baseline, first, ours }) =>
    [name, ...[baseline, first, ours].map((ms) => ms.toFixed(ms < 10 ? 1 : 0))].join(" | "),
  );
  return `# What a monitor's look costs

\`GET /admin/token-health\` at ${shops.toLocaleString("en")} shops: milliseconds that its questions take the database, median of ${LOOKS}.
A number that is small is counted at each look; while it is above 20,000 the last one is given, and counted anew beside a look once
twenty times as long has passed as the count took. Measured in the middle of a rotation of the client secret, which adds its counts.

\`\`\`sh
npm run bench -- health${shops === 1_000_000 ? "" : ` ${shops}`}
\`\`\`

| | everything counted at each look | first look of a process | every other look |
| --- | --- | --- | --- |
${lines.map((line) => `| ${line} |`).join("\n")}

Required: ${MOST_MS} ms at most. Measured ${new Date().toISOString().slice(0, 10)} at ${measuredCommit()} on ${machineFacts()}.
`;
}
