import sql from "sql-template-tag";
import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { TransientError } from "../errors.ts";
import { lastIssuedAt, readLife } from "../records/read-life.ts";
import { readSession } from "../records/read-session.ts";
import { withLease } from "../renew/lease.ts";
import { forgetRows } from "./forget-rows.ts";
import { askWhetherInstalled, type Installed } from "./ask-whether-installed.ts";
import type { Forgotten } from "./record-uninstalled.ts";

const HOUR_MS = 60 * 60_000;
/** How long after the uninstall Shopify sends `shop/redact` (https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance). */
const AFTER_UNINSTALL_MS = 48 * HOUR_MS;
/** Shopify delivers again for four hours. Towards their end it is not waited any longer for an answer that does not come. */
const PATIENCE_MS = 3 * HOUR_MS;

/**
 * `shop/redact`, 48 hours after an uninstall: nothing about the shop remains, unless it was installed again. The webhook does not
 * say which uninstall it is about, so of a shop that still has a session Shopify is asked. Where Shopify cannot say (a closed or
 * frozen shop; no answer for hours), the shop is forgotten unless a token was stored for it since the uninstall. The lease is held
 * meanwhile: its row goes as well, and must not go from under a holder that is at work.
 * @param at when Shopify triggered the webhook (`X-Shopify-Triggered-At`); now unless told.
 * @throws TransientError while Shopify cannot say, or the lease stays busy: the webhook is delivered again.
 */
export async function recordRedacted(ctx: TokenContext, shop: string, at?: Date): Promise<Forgotten> {
  const triggeredAt = at?.getTime() ?? ctx.now();
  const session = await readSession(ctx, shop);
  if (session && (await isInstalledSince(ctx, session, triggeredAt))) {
    return { forgotten: false, reason: "reinstalled_since" };
  }
  return withLease(ctx, shop, {}, async (lease) => {
    if (lease.session && lease.session.accessToken !== session?.accessToken)
      return { forgotten: false, reason: "reinstalled_since" };
    const [row] = await forgetRows(ctx, shop, (forget) =>
      ctx.db.query<[{ gone: boolean }]>(sql`
      WITH gone AS (DELETE FROM expand_contract."ShopToken" WHERE "shop" = ${shop} AND "leaseOwner" = ${lease.owner} RETURNING "shop"),
           history AS (DELETE FROM expand_contract."TokenEvent" USING gone WHERE "TokenEvent"."shop" = gone."shop"),
           unstored AS (DELETE FROM expand_contract."UnstoredPair" USING gone WHERE "UnstoredPair"."shop" = gone."shop"),
           sessions AS (${forget} gone WHERE lower("Session"."shop") = gone."shop")
      SELECT EXISTS (SELECT FROM gone) AS "gone"`),
    );
    if (!row.gone) throw new TransientError(shop, "lease_busy");
    lease.released = true;
    return { forgotten: true, reason: "redacted" };
  });
}

async function isInstalledSince(ctx: TokenContext, session: Session, triggeredAt: number): Promise<boolean> {
  const installed = await askWhetherInstalled(ctx, session).catch((error: unknown): Installed => {
    if (error instanceof TransientError && ctx.now() - triggeredAt > PATIENCE_MS) return "suspended";
    throw error;
  });
  if (installed !== "suspended") return installed === "yes";
  const issuedAt = lastIssuedAt(await readLife(ctx, session.shop));
  return issuedAt !== undefined && issuedAt > triggeredAt - AFTER_UNINSTALL_MS;
}
