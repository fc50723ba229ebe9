import type { TokenContext } from "../context.ts";
import { PermanentTokenRefusedError, ReauthorizationRequiredError, SuspendedError } from "../errors.ts";
import type { AdminClient } from "../types.ts";
import { recordScopes } from "./record-scopes.ts";

const QUERY = "#graphql\n  query GrantedScopes { currentAppInstallation { accessScopes { handle } } }";

type Answer = { currentAppInstallation: { accessScopes: { handle: string }[] } };

/** There is no token that could ask, and there will be none before the merchant comes. */
const UNABLE = [ReauthorizationRequiredError, SuspendedError, PermanentTokenRefusedError];

/**
 * Asks Shopify which scopes the merchant has granted, and stores them.
 * @returns the scopes; undefined for a shop without a token that could ask.
 * @throws TokenError while Shopify cannot be asked.
 * @see https://shopify.dev/docs/api/admin-graphql/latest/queries/currentAppInstallation
 */
export async function updateScopes(ctx: TokenContext, admin: AdminClient, shop: string): Promise<string[] | undefined> {
  // Before the question: what is stored meanwhile is newer than the answer.
  const askedAt = new Date(ctx.now());
  try {
    const { currentAppInstallation } = await admin.graphql<Answer>(QUERY);
    const scopes = currentAppInstallation.accessScopes.map(({ handle }) => handle);
    await recordScopes(ctx, shop, scopes, askedAt);
    return scopes;
  } catch (error) {
    if (UNABLE.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}
