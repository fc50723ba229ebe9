import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { describeError, LeaseLostError, ReauthorizationRequiredError } from "../errors.ts";
import { recordUninstalled } from "../events/record-uninstalled.ts";
import { missingColumns } from "../storage/problem/storage-catalogue.ts";
import { adoptUnstoredOf } from "../storage/adopt-unstored.ts";
import { findInstalled, findUsable, goOnWithout } from "./find-session.ts";
import { getSession, renewOnce } from "./get-fresh-session.ts";
import {
  deleteOnlineSessions,
  listOnlineSessions,
  readOnlineSession,
  storeOnlineSession,
} from "../records/online-sessions.ts";
import { readSession, type StoredSession } from "../records/read-session.ts";
import { withoutRefreshToken } from "../records/shop-state.ts";
import { renewSession } from "../renew/renew-session.ts";
import { isUnverifiedLookup } from "./unverified-lookup.ts";
import { currentGrantLease, currentIdToken, currentRequest } from "./request-context.ts";
import { isShopName, normalShopName } from "../records/shop-name.ts";
import { storePair } from "../renew/store-pair.ts";
import { LIBRARY_MARGIN_MS } from "../renew/timing.ts";
import { tokenFingerprint } from "../records/permanent-token.ts";
import { keepShopifyFetch } from "../shopify/shopify-fetch.ts";
import type { SessionStorage } from "../types.ts";

const OFFLINE_ID_PREFIX = "offline_";

/**
 * What the Shopify libraries are given as their storage. They see fresh sessions without refresh tokens, so they have neither
 * reason nor means to renew one by themselves; and what they write is taken as news about a token, not as the truth.
 * Online sessions are stored as they come.
 */
export function createSessionStorage(ctx: TokenContext): SessionStorage & { isReady(): Promise<boolean> } {
  /** Which access token each session object was handed out with; the library blanks it before it reports a 401. */
  const handedOut = new WeakMap<Session, string>();

  const handOut = (session: Session): Session => {
    const copy = withoutRefreshToken(session);
    // Decided already to be the best there is. With an expiry so near the libraries would replace it themselves.
    if (copy.isExpired(LIBRARY_MARGIN_MS)) copy.expires = undefined;
    if (copy.accessToken) handedOut.set(copy, copy.accessToken);
    return copy;
  };

  return {
    /** Whether the table has every column that is written. As in Shopify's Prisma storage it never throws. */
    async isReady() {
      const missing = await missingColumns(ctx.db).catch(() => undefined);
      return missing?.length === 0;
    },

    async loadSession(id) {
      // What the library gets is going to be used for calls.
      keepShopifyFetch();
      const shop = shopOfOfflineId(id);
      if (!shop) return readOnlineSession(ctx, id);
      if (!isShopName(ctx, shop)) return undefined;
      const session = await loadOfflineSession(ctx, shop, !currentRequest() && isUnverifiedLookup());
      return session && handOut(session);
    },

    async storeSession(session) {
      if (session.isOnline) await storeOnlineSession(ctx, session);
      else if (!session.accessToken)
        await onTokenInvalidated(ctx, normalShopName(session.shop), handedOut.get(session));
      else await storeOfflineSession(ctx, session);
      return true;
    },

    async deleteSession(id) {
      return this.deleteSessions([id]);
    },

    async deleteSessions(ids) {
      const shops = ids.map(shopOfOfflineId);
      const online = ids.filter((_id, place) => !shops[place]);
      if (online.length > 0) await deleteOnlineSessions(ctx, online);
      for (const shop of shops) if (shop && isShopName(ctx, shop)) await deleteOfflineSession(ctx, shop);
      return true;
    },

    async findSessionsByShop(shop) {
      if (!isShopName(ctx, shop)) return [];
      const name = normalShopName(shop);
      const id = ctx.api.session.getOfflineId(name);
      const offline = (await this.loadSession(id)) ?? (await readWithoutTokens(ctx, name));
      const online = await listOnlineSessions(ctx, name);
      return offline ? [offline, ...online] : online;
    },
  };
}

function shopOfOfflineId(id: string): string | undefined {
  return id.startsWith(OFFLINE_ID_PREFIX) ? normalShopName(id.slice(OFFLINE_ID_PREFIX.length)) : undefined;
}

/**
 * The usual handlers of `app/uninstalled` delete the shop's session. That is recorded like any uninstall: a session that lives is not
 * deleted.
 */
async function deleteOfflineSession(ctx: TokenContext, shop: string): Promise<void> {
  await adoptUnstoredOf(ctx, shop);
  await recordUninstalled(ctx, shop, currentRequest()?.uninstalledAt ?? new Date(ctx.now()));
}

/** A session that cannot be used is listed too: that it is there tells that the shop was installed, and lets it be deleted. */
async function readWithoutTokens(ctx: TokenContext, shop: string): Promise<Session | undefined> {
  const session = await readSession(ctx, shop);
  if (!session) return undefined;
  const copy = withoutRefreshToken(session);
  copy.accessToken = undefined;
  return copy;
}

/**
 * Inside an admin request: through the front door with its ID token; errors pass to the caller, but a shop that
 * needs its merchant is answered with no session where no ID token is at hand, so that the library starts its own flow.
 * Inside a webhook: without a call to Shopify, unless the webhook waits for one. Outside any request: the front door, and no session
 * where it has none. For a shop that nothing proves: whether it has the app, without a token and without a call to Shopify.
 */
async function loadOfflineSession(
  ctx: TokenContext,
  shop: string,
  isUnverified: boolean,
): Promise<Session | undefined> {
  const request = currentRequest();
  if (request?.kind === "webhook") {
    return (await findUsable(ctx, shop)) ?? renewWithin(ctx, shop, request.renewWithinMs ?? 0);
  }
  if (isUnverified || (request?.verifiedShop !== undefined && request.verifiedShop !== shop))
    return findInstalled(ctx, shop);
  const idToken = currentIdToken(shop);
  try {
    return await getSession(ctx, shop, { idToken });
  } catch (error) {
    if (error instanceof ReauthorizationRequiredError && !idToken) return undefined;
    if (request) throw error;
    return goOnWithout(ctx, shop, "no session outside a request")(error);
  }
}

/** Through the front door, but no longer than the webhook waits. What is under way goes on for those who come later. */
async function renewWithin(ctx: TokenContext, shop: string, withinMs: number): Promise<Session | undefined> {
  if (withinMs === 0) return undefined;
  const renewed = getSession(ctx, shop).catch(goOnWithout(ctx, shop, "a webhook is served without a token"));
  renewed.catch((error: unknown) => ctx.log.warn({ shop, ...describeError(error) }, "a token could not be renewed"));
  return Promise.race([renewed, sleep(withinMs, undefined, { ref: false })]);
}

/**
 * A library was answered 401 and stores its session without the access token. Nothing is erased: if the refused token is still
 * the stored one it is replaced now, so that the browser's next request finds a living one.
 */
async function onTokenInvalidated(ctx: TokenContext, shop: string, refused: string | undefined): Promise<void> {
  ctx.metrics.staleWrites.inc({ source: "invalidation" });
  const stored = await readSession(ctx, shop);
  if (!refused || stored?.accessToken !== refused) return;
  const replaced = renewOnce(ctx, shop, { replace: refused, idToken: currentIdToken(shop) });
  await replaced.catch(goOnWithout(ctx, shop, "a refused access token could not be replaced"));
}

/** Under an authorization code grant the session is news and is written. Everywhere else it has to prove itself. */
async function storeOfflineSession(ctx: TokenContext, session: Session): Promise<void> {
  const shop = normalShopName(session.shop);
  const lease = currentGrantLease(shop);
  if (lease) {
    try {
      await storePair(ctx, lease, session, "acquired");
      return;
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
    }
  }
  const stored = await readSession(ctx, shop);
  if (stored && stored.accessToken === session.accessToken) return storeScope(ctx, stored, session);
  // A copy that was handed out has no refresh token: an old session comes back, and says nothing new.
  if (session.expires && !session.refreshToken) {
    ctx.metrics.staleWrites.inc({ source: "library" });
    return;
  }
  await renewSession(ctx, shop, { unstoredPair: session }).catch((error: unknown) => {
    if (!(error instanceof ReauthorizationRequiredError)) throw error;
  });
}

const STORE_SCOPE = `UPDATE "Session" s SET "scope" = $1 WHERE s."id" = $2 AND NOT s."isOnline" AND ${tokenFingerprint("s")} = $3`;

async function storeScope(ctx: TokenContext, stored: StoredSession, session: Session): Promise<void> {
  if (!session.scope || session.scope === stored.scope) return;
  await ctx.db.execute({ text: STORE_SCOPE, values: [session.scope, stored.id, stored.fingerprint] });
}
