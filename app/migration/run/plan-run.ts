import sql, { empty } from "sql-template-tag";
import { randomUUID } from "node:crypto";
import type { Database } from "../../infra/database/database.ts";
import { countRemainingTokens } from "../../tokens/index.ts";
import { listLeftovers } from "./leftovers.ts";
import { countTokens, permanentSession, placeOfShop } from "./permanent-sessions.ts";
import { storedOptions, wavesOf } from "./run-row.ts";
import type { MigrationOptions, RunPlan } from "../types.ts";

const LISTED_ROWS = 100;
/** Without a run to learn from: seconds that one exchange is taken to last. */
const ASSUMED_SECONDS_PER_SHOP = 0.5;

/**
 * A dry run: counts what a run with these options would take up, estimates from the rate of the last run, and stores that as a
 * completed run. Makes no call and changes no shop, so it is allowed beside a run that is at work.
 */
export async function planRun(db: Database, options: MigrationOptions): Promise<string> {
  const found = await countShopsToMigrate(db, options);
  const rate = await lastRate(db);
  const perSecond = rate ?? options.concurrency / ASSUMED_SECONDS_PER_SHOP;
  const wouldTry = Math.min(found.total, options.limit ?? found.total);
  const plan: RunPlan = {
    wouldTry,
    // A token that Shopify has refused for good is not among those that are tried.
    knownNeedsReauth: 0,
    knownSuspended: found.suspended,
    knownUninstalled: found.uninstalled,
    leftAlone: await countLeftAlone(db),
    rows: await listLeftovers(db, LISTED_ROWS),
    ...(options.waves && { waves: await countWaves(db, wavesOf(options)) }),
    rateFrom: rate === undefined ? "assumption" : "last run",
  };
  const counts = await countTokens(db);
  const id = randomUUID();
  await db.execute(sql`
    INSERT INTO expand_contract."MigrationRun" ("id", "status", "dryRun", "options", "finishedAt", "total", "plan", "recentRate",
      "permanentTokens", "migratableTokens", "legacyPrefixRows")
    VALUES (${id}, 'completed', true, ${JSON.stringify(storedOptions(options))}::jsonb, now(), ${wouldTry},
      ${JSON.stringify(plan)}::jsonb, ${perSecond}, ${counts.permanentTokens}, ${counts.migratableTokens},
      ${counts.legacyPrefixRows})`);
  return id;
}

async function countLeftAlone(db: Database): Promise<Record<string, number>> {
  const { migratable: _migratable, ...others } = await countRemainingTokens({ db });
  return others;
}

/** Counts what a run is about, beside the work that has begun already: what is finished by then counts too. */
export async function fillTotal(db: Database, runId: string, options: MigrationOptions): Promise<void> {
  const found = options.shops?.length ?? (await countShopsToMigrate(db, options)).total;
  await db.execute(sql`
    UPDATE expand_contract."MigrationRun" SET "total" = least(${options.limit ?? 2_147_483_647}::int,
      ${found}::int + CASE WHEN ${options.shops === undefined}
        THEN (SELECT coalesce(sum("shops"), 0)::int FROM expand_contract."MigrationTally" WHERE "runId" = ${runId}) ELSE 0 END)
    WHERE "id" = ${runId} AND "total" IS NULL`);
}

/** How many shops a run with these options is about. An index read; with named shops, as many as are named. */
async function countShopsToMigrate(db: Database, options: MigrationOptions) {
  const waves = wavesOf(options);
  const among = options.shops
    ? sql`AND lower(s."shop") IN (SELECT jsonb_array_elements_text(${JSON.stringify(options.shops)}::jsonb))`
    : empty;
  const place = waves.at(-1)! < 100 ? sql`AND ${placeOfShop} < ${waves.at(-1)}::float8` : empty;
  const [row] = await db.query<[{ total: number; suspended: number; uninstalled: number }]>(sql`
    SELECT count(*)::int AS "total",
           (count(*) FILTER (WHERE t."suspendedAt" IS NOT NULL))::int AS "suspended",
           (count(*) FILTER (WHERE t."uninstalledAt" IS NOT NULL))::int AS "uninstalled"
    FROM "Session" s LEFT JOIN expand_contract."ShopToken" t ON t."shop" = lower(s."shop")
    WHERE ${permanentSession} ${among} ${place}`);
  return row;
}

async function countWaves(db: Database, waves: number[]): Promise<{ percent: number; shops: number }[]> {
  const rows = await db.query<{ wave: number; shops: number }[]>(sql`
    SELECT width_bucket(${placeOfShop}::float8, (SELECT array_agg(w::float8) FROM jsonb_array_elements_text(${JSON.stringify(waves)}::jsonb) w)) AS "wave",
           count(*)::int AS "shops"
    FROM "Session" s WHERE ${permanentSession} GROUP BY 1`);
  return waves.map((percent, wave) => ({ percent, shops: rows.find((row) => row.wave === wave)?.shops ?? 0 }));
}

/** Shops per second of the last real run that brought over enough shops to tell. */
async function lastRate(db: Database): Promise<number | undefined> {
  const [row] = await db.query<{ rate: number }[]>(sql`
    SELECT sum(t."shops")::float8 / greatest(extract(epoch FROM r."finishedAt" - r."startedAt"), 0.1)::float8 AS "rate"
    FROM (SELECT * FROM expand_contract."MigrationRun" WHERE NOT "dryRun" AND "finishedAt" IS NOT NULL ORDER BY "startedAt" DESC LIMIT 20) r
    JOIN expand_contract."MigrationTally" t ON t."runId" = r."id" AND t."outcome" = 'migrated'
    GROUP BY r."id", r."startedAt", r."finishedAt" HAVING sum(t."shops") >= 10
    ORDER BY r."startedAt" DESC LIMIT 1`);
  return row && row.rate > 0 ? row.rate : undefined;
}
