import sql, { raw } from "sql-template-tag";
import { systemClock } from "../../../../infra/clock.ts";
import { findShopDomain, type ShopDomain } from "../../../../infra/shop-domain.ts";
import { services } from "../../../../services.server.ts";
import type { ShopTokenState, TokenHistoryEntry } from "../../../../tokens/index.ts";
import type { ParkedJob } from "../read-jobs.server.ts";
import { shopAdvice, type Advice } from "./shop-advice.ts";
import type { ShopState } from "./shop-filter.ts";
import { shopReason, shopState } from "./shop-state-sql.ts";

/** What a run came to for a shop. */
interface ShopOutcome {
  run: string;
  outcome: string;
  code: string;
  attempts: number;
  /** Milliseconds since the epoch. */
  at: number;
}

/** Everything that the console says of one shop. No token. */
export interface ShopFacts {
  shop: ShopDomain;
  /** As the app last read them from the Admin API; null before. */
  name: string | null;
  plan: string | null;
  state: ShopState;
  reason: string | null;
  token: ShopTokenState;
  /** The latest first. */
  history: TokenHistoryEntry[];
  outcomes: ShopOutcome[];
  parked: Omit<ParkedJob, "shop">[];
  /** A call to Shopify had no answer: since when; milliseconds since the epoch. */
  answerLostAt: number | null;
  /** Other offline rows that name the shop. */
  otherRows: string[];
  advice: Advice[];
}

const SHOWN = 50;

/** Undefined for a shop of which nothing is stored, and for what is no shop. Each question is answered by an index. */
export async function readShop(domain: string | undefined): Promise<ShopFacts | undefined> {
  const shop = findShopDomain(domain);
  if (!shop) return undefined;
  const { db, sessionLayout, tokens, env, flags } = services;
  type Row = Pick<ShopFacts, "name" | "plan" | "state" | "reason" | "answerLostAt"> & { isKnown: boolean };
  const [rows, token, history, outcomes, parked, others, isServedByExchange] = await Promise.all([
    db.query<Row[]>(sql`
      SELECT n."name", n."plan", ${raw(shopState(sessionLayout))} AS "state", ${raw(shopReason(sessionLayout))} AS "reason",
        (s."id" IS NOT NULL OR t."shop" IS NOT NULL) AS "isKnown", (extract(epoch FROM CASE
          WHEN t."leaseOwner" IS NOT NULL AND t."leaseExpiresAt" < clock_timestamp() THEN t."leaseExpiresAt" ELSE t."answerLostAt" END) * 1000)::float8 AS "answerLostAt"
      FROM (VALUES (${shop}::text)) v("shop") LEFT JOIN "Session" s ON s."id" = 'offline_' || v."shop" AND NOT s."isOnline"
        LEFT JOIN expand_contract."ShopToken" t ON t."shop" = v."shop" LEFT JOIN expand_contract."Shop" n ON n."shop" = v."shop"`),
    tokens.state(shop),
    tokens.history(shop, SHOWN),
    db.query<ShopOutcome[]>(sql`
      SELECT "runId" AS "run", "outcome", coalesce("code", '') AS "code", "attempts", (extract(epoch FROM "at") * 1000)::float8 AS "at"
      FROM expand_contract."MigrationOutcome" WHERE "shop" = ${shop} ORDER BY "at" DESC LIMIT ${SHOWN}`),
    db.query<ShopFacts["parked"]>(sql`
      SELECT "job", "code", (extract(epoch FROM "retryAt") * 1000)::float8 AS "retryAt"
      FROM expand_contract."ParkedJob" WHERE "shop" = ${shop} ORDER BY "job"`),
    db.query<{ id: string }[]>(sql`
      SELECT "id" FROM "Session" WHERE NOT "isOnline" AND lower("shop") COLLATE "C" = ${shop} AND "id" <> ${`offline_${shop}`} LIMIT 10`),
    flags.usesTokenExchange(shop),
  ]);
  const row = rows[0]!;
  if (!row.isKnown && others.length === 0 && history.length === 0) return undefined;
  const { name, plan, state, reason, answerLostAt } = row;
  const advice = shopAdvice({
    shop,
    state,
    reason,
    token,
    phase: env.phase,
    isServedByExchange: env.phase === "contract" || isServedByExchange,
    hasLostAnswer: answerLostAt !== null,
    now: systemClock(),
  });
  const otherRows = others.map(({ id }) => id);
  return { shop, name, plan, state, reason, token, history, outcomes, parked, answerLostAt, otherRows, advice };
}
