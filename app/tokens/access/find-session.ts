import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { TokenError } from "../errors.ts";
import { readSession } from "../records/read-session.ts";
import { tokenStatus } from "../records/token-status.ts";
import { unprovenSession } from "../shopify/unproven-session.ts";

/** What is stored, if it can be used as it is: no call to Shopify. */
export async function findUsable(ctx: TokenContext, shop: string): Promise<Session | undefined> {
  const { session, status } = await findStored(ctx, shop);
  const isUsable =
    status === "fresh" || status === "custom_app" || (status === "permanent" && ctx.phase !== "contract");
  return isUsable ? session : undefined;
}

/**
 * What is stored, without its token, for a shop that any stranger can have named. That the token is over counts for nothing here: the
 * merchant's own request renews it. A dead chain sends the browser to the installation.
 */
export async function findInstalled(ctx: TokenContext, shop: string): Promise<Session | undefined> {
  const { session, status } = await findStored(ctx, shop);
  return session && status !== "dead" && status !== "placeholder" ? unprovenSession(session) : undefined;
}

async function findStored(ctx: TokenContext, shop: string) {
  // A webhook needs no token: one that does not open must not keep it from being handled.
  const session = await readSession(ctx, shop).catch(goOnWithout(ctx, shop, "the stored token is left out"));
  return { session, status: tokenStatus(session, ctx.now(), ctx.isExempt).status };
}

/** For what can do without a token: logs what is the matter with the shop's. Any other error passes. */
export function goOnWithout(ctx: TokenContext, shop: string, message: string): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof TokenError)) throw error;
    ctx.log.warn({ shop, code: error.code, reason: error.reason }, message);
  };
}
