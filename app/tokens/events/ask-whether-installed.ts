import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { ReauthorizationRequiredError, SuspendedError } from "../errors.ts";
import type { RunTrace } from "../renew/ask-for-pair.ts";
import { renewSession } from "../renew/renew-session.ts";
import { probeToken } from "../shopify/probe-token.ts";
import { isPermanentToken } from "../records/permanent-token.ts";
import { accessTokenLives } from "../records/token-status.ts";

/** `suspended`: Shopify answers for the shop, frozen, locked or closed, and not for the app. */
export type Installed = "yes" | "no" | "suspended";

/** What the Admin API answers only for a token that it knows. */
const KNOWN = new Set(["accepted", "refused", "permanent_refused"]);

/**
 * Asks Shopify whether the app is installed: of an app that is not installed no token works and no chain lives.
 * @throws TokenError while Shopify cannot say.
 */
export async function askWhetherInstalled(ctx: TokenContext, session: Session): Promise<Installed> {
  const { shop } = session;
  if (accessTokenLives(session, ctx.now())) {
    const { kind } = await probeToken(ctx, session);
    if (KNOWN.has(kind)) return "yes";
    if (kind === "suspended") return "suspended";
    // Before the app asks for pairs, no permanent token may be exchanged, and one that is refused is over.
    if (kind === "unauthorized" && ctx.phase === "legacy" && isPermanentToken(session)) return "no";
  }
  const trace: RunTrace = { calls: 0 };
  try {
    const current = await renewSession(ctx, shop, { replace: session.accessToken, retries: 0, impatient: true, trace });
    // What another holder stored meanwhile may have been issued before the uninstall: it has to be asked about as well.
    return trace.stored || current.accessToken === session.accessToken ? "yes" : askWhetherInstalled(ctx, current);
  } catch (error) {
    if (error instanceof ReauthorizationRequiredError) return "no";
    if (error instanceof SuspendedError) return "suspended";
    throw error;
  }
}
