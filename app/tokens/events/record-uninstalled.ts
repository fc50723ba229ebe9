import sql from "sql-template-tag";
import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { forgetRows } from "./forget-rows.ts";
import { TokenError } from "../errors.ts";
import { lastIssuedAt, readLife } from "../records/read-life.ts";
import type { TokenLife } from "../types.ts";
import { readSession } from "../records/read-session.ts";
import { CLOCK_DOUBT_MS } from "../renew/timing.ts";
import { askWhetherInstalled, type Installed } from "./ask-whether-installed.ts";

const MAX_RACES = 5;
/**
 * Shopify gives a delivery up after four hours. A webhook that is older came another way, and says little about today.
 * @see https://shopify.dev/docs/apps/build/webhooks/troubleshooting-webhooks
 */
const TIMELY_MS = 24 * 60 * 60_000;

export interface Forgotten {
  forgotten: boolean;
  reason: string;
}

/**
 * `app/uninstalled`: forgets a shop's sessions, offline and online. Shopify ends every token before it sends the webhook, but the
 * webhook may be late or repeated: a shop that was installed again since keeps its tokens. Which came first is judged by time
 * where the app's own history makes it clear, and by asking Shopify where it does not. Needs no living token; the deletion needs no
 * lease: it is conditional on the generation, and raises it, so that a pair still on its way to the database has to prove itself.
 * @param at when Shopify says that it happened (`X-Shopify-Triggered-At`).
 * @param options.isCertain that it happened to this shop; else nothing but Shopify's word counts.
 * @throws TransientError while Shopify cannot say: the webhook is delivered again.
 */
export async function recordUninstalled(
  ctx: TokenContext,
  shop: string,
  at: Date,
  { isCertain = true } = {},
): Promise<Forgotten> {
  for (let race = 0; race < MAX_RACES; race++) {
    const life = await readLife(ctx, shop);
    const issuedAt = lastIssuedAt(life);
    const isInstalled = isCertain
      ? await isInstalledSince(ctx, shop, at.getTime(), issuedAt)
      : await isInstalledNow(ctx, shop);
    if (isInstalled) {
      ctx.log.info({ shop }, "a late uninstall webhook was ignored: the shop is installed again");
      return { forgotten: false, reason: "reinstalled_since" };
    }
    if (await forgetSessions(ctx, shop, life, at)) return { forgotten: true, reason: "uninstalled" };
  }
  return { forgotten: false, reason: "reinstalled_since" };
}

/**
 * Judged by time where that is clear; else Shopify knows.
 * @param issuedAt of the last token that this app stored; undefined for a row that it found, which may be of any age.
 */
async function isInstalledSince(
  ctx: TokenContext,
  shop: string,
  at: number,
  issuedAt: number | undefined,
): Promise<boolean> {
  if (issuedAt !== undefined && issuedAt > at + CLOCK_DOUBT_MS) return true;
  if (issuedAt !== undefined && issuedAt < at - CLOCK_DOUBT_MS) return false;
  // Of a webhook that comes at once nothing else is to be thought; an installation since would have left a history.
  if (issuedAt === undefined && ctx.now() - at < CLOCK_DOUBT_MS) return false;
  const session = await readSession(ctx, shop);
  if (!session) return false;
  const installed = await ask(ctx, session, issuedAt);
  if (installed !== "suspended") return installed === "yes";
  // Nothing speaks against a webhook that came in time.
  return issuedAt === undefined ? ctx.now() - at > TIMELY_MS : issuedAt > at;
}

/** @throws TokenError while Shopify cannot say. */
async function isInstalledNow(ctx: TokenContext, shop: string): Promise<boolean> {
  const session = await readSession(ctx, shop);
  return session !== undefined && (await askWhetherInstalled(ctx, session)) !== "no";
}

/** Where Shopify cannot say, a history decides by the second; without one the question stays open. */
async function ask(ctx: TokenContext, session: Session, issuedAt: number | undefined): Promise<Installed> {
  try {
    return await askWhetherInstalled(ctx, session);
  } catch (error) {
    if (error instanceof TokenError && issuedAt !== undefined) return "suspended";
    throw error;
  }
}

/** @returns false when a pair was stored since the life was read. */
async function forgetSessions(ctx: TokenContext, shop: string, life: TokenLife, at: Date): Promise<boolean> {
  const now = new Date(ctx.now()).toISOString();
  const isNews = life.uninstalledAt === undefined;
  const ended = await forgetRows(ctx, shop, (forget) =>
    ctx.db.query<{ shop: string }[]>(sql`
    WITH ended AS (
      INSERT INTO expand_contract."ShopToken" AS t ("shop", "generation", "uninstalledAt") VALUES (${shop}, 1, ${at.toISOString()}::timestamptz)
      ON CONFLICT ("shop") DO UPDATE SET
        "generation" = t."generation" + 1,
        "uninstalledAt" = GREATEST(t."uninstalledAt", EXCLUDED."uninstalledAt"),
        "needsReauthAt" = NULL, "needsReauthWhy" = NULL, "needsReauthToken" = NULL,
        "suspendedAt" = NULL, "suspendedWhy" = NULL,
        "answerLostAt" = NULL, "reconcileAt" = NULL, "reconcileTries" = 0
        WHERE t."generation" = ${life.generation}
      RETURNING t."shop", t."generation"
    ), forgotten AS (
      ${forget} ended WHERE "Session"."shop" = ended."shop"
        OR "Session"."id" = ${ctx.api.session.getOfflineId(shop)}
    ), noted AS (
      INSERT INTO expand_contract."TokenEvent" ("shop", "at", "kind", "generation")
      SELECT "shop", ${now}::timestamptz, 'uninstalled', "generation" FROM ended WHERE ${isNews}
    )
    SELECT "shop" FROM ended`),
  );
  return ended.length > 0;
}
