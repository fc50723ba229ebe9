import sql, { empty } from "sql-template-tag";
import { permanentSession, placeOfShop } from "../run/permanent-sessions.ts";
import { wavesOf, type RunMember, type RunRow } from "../run/run-row.ts";

/** A shop that a worker has taken up. */
export interface Claim {
  shop: string;
  /** How often it failed before, not counting what concerned every shop (a limit for all, an outage). */
  tries: number;
  wave: number;
  /** An earlier run had given the shop up. */
  wasGivenUp?: boolean;
  /** Zero-based position of the shop in the run, where that decides whether it is verified; undefined when it comes back. */
  ordinal?: number;
}

/**
 * Takes up to `want` fresh shops: the next page of permanent sessions behind the run's cursor. The run's row is locked for as
 * long as the page is read and stored, a few milliseconds, so two workers never take one page. A shop that the run has taken up
 * before is passed over: it has its row. The first page is taken from all over the table (one sort of the
 * permanent sessions, 0.6 s for a million): what its shops are told says something about the app, and stores whose names come first,
 * which anyone can choose, must not decide it.
 * @returns the shops, and whether there may be more fresh ones in this wave.
 */
export async function claimFreshShops(
  { db, runId, worker }: RunMember,
  want: number,
): Promise<{ claims: Claim[]; more: boolean }> {
  return db.transaction(
    async (tx) => {
      const [run] = await tx.query<Pick<RunRow, "options" | "cursor" | "wave" | "taken" | "drained">[]>(sql`
        SELECT "options", "cursor", "wave", "taken", "drained" FROM expand_contract."MigrationRun"
        WHERE "id" = ${runId} AND "status" = 'running' AND NOT "stopRequested"
          AND ("waveBeginsAt" IS NULL OR "waveBeginsAt" <= now()) FOR NO KEY UPDATE`);
      if (!run || run.drained) return { claims: [], more: false };
      const { limit, shops } = run.options;
      const take = Math.min(want, limit === undefined ? want : limit - run.taken);
      const waves = wavesOf(run.options);
      const percent = waves[run.wave] ?? 100;
      const isFirst = run.taken === 0 && run.cursor === "";
      const page = shops
        ? sql`
            SELECT lpad((i - 1)::text, 9, '0') AS "key", name AS "shop"
            FROM jsonb_array_elements_text(${JSON.stringify(shops)}::jsonb) WITH ORDINALITY AS named(name, i)
            WHERE lpad((i - 1)::text, 9, '0') > ${run.cursor} ORDER BY 1 LIMIT ${take}`
        : sql`
            SELECT s."id" AS "key", lower(s."shop") AS "shop" FROM "Session" s
            WHERE ${permanentSession} AND s."id" > ${run.cursor}
              ${percent < 100 ? sql`AND ${placeOfShop} < ${percent}::float8` : empty}
            ORDER BY ${isFirst ? sql`random()` : sql`s."id"`} LIMIT ${take}`;
      const [taken] = await tx.query<[{ shops: Pick<Claim, "shop" | "wasGivenUp">[]; more: boolean }]>(sql`
        WITH page AS MATERIALIZED (${page}),
        stored AS (
          INSERT INTO expand_contract."MigrationOutcome" ("runId", "shop", "outcome", "wave", "claimedBy")
          SELECT DISTINCT ${runId}, "shop", 'claimed', ${run.wave}::int, ${worker} FROM page
          ON CONFLICT DO NOTHING RETURNING "shop"
        ),
        moved AS (
          UPDATE expand_contract."MigrationRun" SET
            ${isFirst && !shops ? empty : sql`"cursor" = coalesce((SELECT max("key") FROM page), "cursor"),`}
            "taken" = "taken" + (SELECT count(*) FROM stored),
            "drained" = (SELECT count(*) FROM page) < ${take}::int OR coalesce("taken" + (SELECT count(*) FROM stored) >= ${limit ?? null}::int, false)
          WHERE "id" = ${runId} RETURNING NOT "drained" AS "more"
        )
        SELECT (SELECT "more" FROM moved) AS "more", (
          SELECT coalesce(json_agg(json_build_object('shop', s."shop", 'wasGivenUp', coalesce(t."givenUpRuns", 0) > 0)), '[]')
          FROM stored s LEFT JOIN expand_contract."ShopToken" t ON t."shop" = s."shop"
        ) AS "shops"`);
      return {
        claims: taken.shops.map((shop, i) => ({ ...shop, tries: 0, wave: run.wave, ordinal: run.taken + i })),
        more: taken.more,
      };
    },
    { maxWait: 10_000, timeout: 30_000 },
  );
}

/**
 * Takes up to `want` shops that wait and are due: retries, and what others gave back or died with. Rows that another worker is
 * taking at this moment are skipped, not waited for.
 */
export async function claimWaitingShops({ db, runId, worker }: RunMember, want: number): Promise<Claim[]> {
  return db.query<Claim[]>(sql`
    UPDATE expand_contract."MigrationOutcome" SET "outcome" = 'claimed', "claimedBy" = ${worker}, "retryAt" = NULL
    WHERE "runId" = ${runId} AND "shop" IN (
      SELECT "shop" FROM expand_contract."MigrationOutcome"
      WHERE "runId" = ${runId} AND "outcome" = 'waiting' AND "retryAt" <= now()
      ORDER BY "retryAt" LIMIT ${want} FOR UPDATE SKIP LOCKED
    ) RETURNING "shop", "attempts" AS "tries", "wave"`);
}
