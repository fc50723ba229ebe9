import { HttpResponseError, type Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { TokenError } from "../errors.ts";
import { accessTokenLives } from "../records/token-status.ts";
import { withLease } from "../renew/lease.ts";
import { requestApplicationOnlyToken } from "../shopify/application-only-token.ts";
import { classifyTokenError } from "../shopify/answers/classify-token-error.ts";
import { probeToken } from "../shopify/probe-token.ts";
import type { ApplicationTokenProbe } from "../types.ts";

/**
 * Tries an application-only token on the real platform, for an operator: asks for one, calls the Admin API with it, and then looks
 * whether the shop's stored token still works. The token is forgotten. The first key signs, never the previous one. Asks although a chain may live: choose a store of your own.
 * @throws TransientError when the shop's lease stays busy.
 */
export async function probeApplicationToken(ctx: TokenContext, shop: string): Promise<ApplicationTokenProbe> {
  const [key] = ctx.applicationKeys;
  if (!key) return { shop, ok: false, reason: "no_key" };
  return withLease(ctx, shop, {}, async (lease): Promise<ApplicationTokenProbe> => {
    const stored = accessTokenLives(lease.session, ctx.now()) ? lease.session : undefined;
    await lease.extendLease();
    let session: Session;
    try {
      session = await requestApplicationOnlyToken(key, shop, ctx.now());
    } catch (error) {
      const reason =
        error instanceof TokenError ? error.reason : classifyTokenError(error, "application", ctx.now()).reason;
      const status = error instanceof HttpResponseError ? error.response.code : undefined;
      return { shop, ok: false, reason, status, ...(await storedToken(ctx, stored)) };
    }
    const { kind } = await probeToken(ctx, session);
    const ok = kind === "accepted";
    return {
      shop,
      ok,
      reason: ok ? kind : `admin_api_${kind}`,
      scope: session.scope,
      expiresInSeconds: Math.round((session.expires!.getTime() - ctx.now()) / 1_000),
      ...(await storedToken(ctx, stored)),
    };
  });
}

async function storedToken(ctx: TokenContext, stored: Session | undefined) {
  return { storedToken: stored ? (await probeToken(ctx, stored)).kind : ("none" as const) };
}
