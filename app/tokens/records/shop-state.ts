import { Session } from "@shopify/shopify-api";
import sql from "sql-template-tag";
import type { TokenContext } from "../context.ts";
import { openSession, readStored, type StoredSession } from "./read-session.ts";
import { tokenStatus } from "./token-status.ts";
import type { ShopTokenState, TokenHistoryEntry, TokenLife } from "../types.ts";

/** What a page may say about a shop's connection to Shopify. Holds no token. Exactly one query. */
export async function readShopState(ctx: TokenContext, shop: string): Promise<ShopTokenState> {
  const { session, life } = await readStored(ctx, shop);
  return toState(ctx, shop, session, life);
}

/** Of sessions that were read with it. */
const states = new WeakMap<Session, ShopTokenState>();

/** A shop's offline session, as `readSession` gives it, and with it what `stateReadWith` says: exactly one query. */
export async function readSessionWithState(ctx: TokenContext, shop: string): Promise<StoredSession | undefined> {
  const { row, life } = await readStored(ctx, shop);
  const session = row && (await openSession(ctx, shop, row));
  if (session) states.set(session, toState(ctx, shop, session, life));
  return session;
}

/** What a page may say about the shop of a session, if that was read with it. */
export function stateReadWith(session: Session): ShopTokenState | undefined {
  return states.get(session);
}

/** A copy for code outside this folder: without the refresh token it cannot refresh past the lease. */
export function withoutRefreshToken(session: Session): Session {
  const { refreshToken: _refreshToken, refreshTokenExpires: _expires, ...rest } = session.toObject();
  const copy = new Session(rest);
  const state = states.get(session);
  if (state) states.set(copy, state);
  return copy;
}

function toState(ctx: TokenContext, shop: string, session: StoredSession | undefined, life: TokenLife): ShopTokenState {
  return {
    shop,
    ...tokenStatus(session, ctx.now(), ctx.isExempt),
    scope: session?.scope,
    expires: session?.expires,
    refreshTokenExpires: session?.refreshTokenExpires,
    ...life,
    // An uninstall takes every session with it: what is stored now came later.
    uninstalledAt: session ? undefined : life.uninstalledAt,
  };
}

/** What happened to a shop's token, the latest first. */
export async function readHistory(ctx: TokenContext, shop: string, limit: number): Promise<TokenHistoryEntry[]> {
  const events = await ctx.db.query<EventRow[]>(sql`
    SELECT (EXTRACT(EPOCH FROM "at") * 1000)::float8 AS "ms", "kind", "generation", "code", "detail", "count",
      (EXTRACT(EPOCH FROM COALESCE("since", "at")) * 1000)::float8 AS "sinceMs"
    FROM expand_contract."TokenEvent" WHERE "shop" = ${shop} ORDER BY "id" DESC LIMIT ${limit}`);
  return events.map(({ ms, sinceMs, count, kind, generation, code, detail }) => ({
    at: new Date(ms),
    since: new Date(sinceMs),
    count,
    kind,
    generation: generation ?? undefined,
    code: code ?? undefined,
    detail: detail ?? undefined,
  }));
}

interface EventRow {
  ms: number;
  sinceMs: number;
  count: number;
  kind: string;
  generation: number | null;
  code: string | null;
  detail: string | null;
}

/** The most events that are kept of one shop: more than any page shows. */
const MOST_EVENTS = 50;
const PORTION = 5_000;

/**
 * Bounds the history: the newest 50 events of each shop stay, and of these what is younger than `before`. In portions, so that no
 * statement runs long.
 * @returns how many entries went.
 */
export async function pruneEvents(ctx: TokenContext, before: Date): Promise<number> {
  let gone = 0;
  for (let portion = PORTION; portion === PORTION; gone += portion) {
    portion = await ctx.db.execute(sql`
      DELETE FROM expand_contract."TokenEvent" WHERE "id" IN (
        SELECT "id" FROM expand_contract."TokenEvent" WHERE "at" < ${before.toISOString()}::timestamptz ORDER BY "at" LIMIT ${PORTION})`);
  }
  const many = await ctx.db.query<{ shop: string }[]>(sql`
    SELECT "shop" FROM expand_contract."TokenEvent" GROUP BY "shop" HAVING count(*) > ${MOST_EVENTS}`);
  for (const { shop } of many) {
    gone += await ctx.db.execute(sql`
      DELETE FROM expand_contract."TokenEvent" WHERE "shop" = ${shop} AND "id" <= (
        SELECT "id" FROM expand_contract."TokenEvent" WHERE "shop" = ${shop} ORDER BY "id" DESC OFFSET ${MOST_EVENTS} LIMIT 1)`);
  }
  return gone;
}
