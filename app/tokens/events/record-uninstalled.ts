import sql from "sql-template-tag";
import type { TokenContext } from "../context.ts";
import { forgetRows } from "./forget-rows.ts";
import { lastIssuedAt, readLife } from "../records/read-life.ts";
import type { TokenLife } from "../types.ts";
import { readSession } from "../records/read-session.ts";
import { CLOCK_DOUBT_MS } from "../renew/timing.ts";
import { askWhetherInstalled } from "./ask-whether-installed.ts";

const MAX_RACES = 5;

export interface Forgotten {
  forgotten: boolean;
  reason: string;
}

/**
 * `app/uninstalled`: forgets a shop's sessions, offline and online. A webhook may be late or repeated, and its signature covers the body
 * alone: any signed body can be sent as this topic, at any time. So it is the occasion to ask Shopify, whose word alone counts; a shop
 * that Shopify cannot speak for (frozen, closed) keeps its tokens until `shop/redact`. Needs no living token; the deletion needs no
 * lease: it is conditional on the generation, and raises it, so that a pair still on its way to the database has to prove itself.
 * @param at when Shopify says that it happened (`X-Shopify-Triggered-At`).
 * @throws TokenError while Shopify cannot be asked: the webhook is delivered again.
 * @see https://shopify.dev/docs/apps/build/webhooks/subscribe/https
 */
export async function recordUninstalled(ctx: TokenContext, shop: string, at: Date): Promise<Forgotten> {
  for (let race = 0; race < MAX_RACES; race++) {
    const life = await readLife(ctx, shop);
    const word = await askAbout(ctx, shop, at.getTime(), lastIssuedAt(life));
    if (word === "installed") {
      ctx.log.info({ shop }, "an uninstall webhook was ignored: as far as Shopify says, the app is installed");
      return { forgotten: false, reason: "reinstalled_since" };
    }
    if (await forgetSessions(ctx, life, shop, at, word === "gone")) return { forgotten: true, reason: "uninstalled" };
  }
  return { forgotten: false, reason: "reinstalled_since" };
}

/**
 * A token that was issued long after the webhook needs no question: it is about an earlier installation. Without a session there is nothing
 * to ask with.
 */
async function askAbout(
  ctx: TokenContext,
  shop: string,
  at: number,
  issuedAt: number | undefined,
): Promise<"installed" | "gone" | "not asked"> {
  if (issuedAt !== undefined && issuedAt > at + CLOCK_DOUBT_MS) return "installed";
  const session = await readSession(ctx, shop);
  if (!session) return "not asked";
  return (await askWhetherInstalled(ctx, session)) === "no" ? "gone" : "installed";
}

/**
 * Of a shop that nothing is stored of nothing is written.
 * @param isGone Shopify said so. Otherwise tokens in rows of other ids stay: they may be alive.
 * @returns false when a pair was stored since the life was read.
 */
async function forgetSessions(
  ctx: TokenContext,
  life: TokenLife,
  shop: string,
  at: Date,
  isGone: boolean,
): Promise<boolean> {
  const now = new Date(ctx.now()).toISOString();
  const isNews = life.uninstalledAt === undefined;
  const id = ctx.api.session.getOfflineId(shop);
  const [{ isKnown, isEnded }] = await forgetRows(ctx, shop, (forget) =>
    ctx.db.query<[{ isKnown: boolean; isEnded: boolean }]>(sql`
    WITH known AS (
      SELECT FROM "Session" WHERE "shop" = ${shop} OR "id" = ${id}
      UNION ALL SELECT FROM expand_contract."ShopToken" WHERE "shop" = ${shop} LIMIT 1
    ), ended AS (
      INSERT INTO expand_contract."ShopToken" AS t ("shop", "generation", "uninstalledAt")
      SELECT ${shop}, 1, ${at.toISOString()}::timestamptz FROM known
      ON CONFLICT ("shop") DO UPDATE SET
        "generation" = t."generation" + 1,
        "uninstalledAt" = GREATEST(t."uninstalledAt", EXCLUDED."uninstalledAt"),
        "needsReauthAt" = NULL, "needsReauthWhy" = NULL, "needsReauthToken" = NULL,
        "suspendedAt" = NULL, "suspendedWhy" = NULL,
        "answerLostAt" = NULL, "reconcileAt" = NULL, "reconcileTries" = 0
        WHERE t."generation" = ${life.generation}
      RETURNING t."shop", t."generation"
    ), forgotten AS (
      ${forget} ended WHERE "Session"."id" = ${id}
        OR "Session"."shop" = ended."shop" AND ("Session"."isOnline" OR ${isGone})
    ), noted AS (
      INSERT INTO expand_contract."TokenEvent" ("shop", "at", "kind", "generation")
      SELECT "shop", ${now}::timestamptz, 'uninstalled', "generation" FROM ended WHERE ${isNews}
    )
    SELECT EXISTS (SELECT FROM known) AS "isKnown", EXISTS (SELECT FROM ended) AS "isEnded"`),
  );
  return isEnded || !isKnown;
}
