import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "@shopify/shopify-api";
import { classifyAdminError, type AdminVerdict } from "../shopify/answers/classify-admin-error.ts";
import type { TokenContext } from "../context.ts";
import {
  AdminApiRefusedError,
  AdminGraphqlError,
  ConfigurationError,
  ReauthorizationRequiredError,
  SuspendedError,
  TransientError,
  type GraphqlError,
} from "../errors.ts";
import { findApplicationSession, forgetApplicationSession } from "./application-session.ts";
import { getSession, renewOnce } from "./get-fresh-session.ts";
import { markSuspended } from "../renew/mark-shop.ts";
import { readLife } from "../records/read-life.ts";
import { readShopState, stateReadWith } from "../records/shop-state.ts";
import type { SuspendedShops } from "../records/suspended-shops.ts";
import type { AdminClient } from "../types.ts";

const MAX_THROTTLE_RETRIES = 3;
const LONGEST_THROTTLE_WAIT_MS = 5_000;
/** How long a session that the caller brings is used without looking for a newer one: a request, not more. */
const SESSION_IN_HAND_MS = 30_000;
/** How long what was read of the connection with it is shown. Shopify may be slow to answer, and others mark the shop meanwhile. */
const STATE_IN_HAND_MS = 1_000;

type GraphqlOptions = NonNullable<Parameters<AdminClient["graphql"]>[1]>;

/**
 * An Admin client of one shop. Every call goes through the front door, so it can be kept for as long as one likes. Only a
 * session that the caller has in hand already is not read a second time while it is young: a request costs one query, as with
 * the library.
 */
export function createAdminClient(
  ctx: TokenContext,
  suspended: SuspendedShops,
  shop: string,
  { idToken, session, background }: { idToken?: string; session?: Session; background?: boolean } = {},
): AdminClient {
  let inHand = session?.accessToken ? session : undefined;
  let stateInHand = session && stateReadWith(session);
  const handedAt = performance.now();
  const isOlderThan = (ms: number) => performance.now() - handedAt > ms;
  return {
    async graphql<T>(query: string, options: GraphqlOptions = {}): Promise<T> {
      if (isOlderThan(SESSION_IN_HAND_MS)) inHand = undefined;
      const before = stateInHand;
      stateInHand = undefined;
      const send: Send<T> = (current) => call<T>(ctx, current, query, options);
      const withOfflineToken = async () => {
        const current = inHand ?? (await getSession(ctx, shop, { idToken }));
        return callHealing(ctx, current, send, idToken, () => (inHand = undefined));
      };
      const data = await withOfflineToken().catch((error: unknown) => {
        if (!background || idToken || !(error instanceof ReauthorizationRequiredError)) throw error;
        return callAsApplication(ctx, error, send);
      });
      await suspended.noteSuccess(shop);
      // Nothing was replaced, marked or lifted by this call.
      if (inHand && !before?.suspendedAt) stateInHand = before;
      return data;
    },
    async state() {
      return stateInHand && !isOlderThan(STATE_IN_HAND_MS) ? stateInHand : readShopState(ctx, shop);
    },
  };
}

/**
 * One call, and what heals it: a refused access token is replaced by the newest, refreshed if need be, and the call made once
 * more; with a merchant present, a last time with a newly acquired pair.
 */
async function callHealing<T>(
  ctx: TokenContext,
  session: Session,
  send: Send<T>,
  idToken: string | undefined,
  onRefused: () => void,
): Promise<T> {
  const { shop } = session;
  const first = await send(session);
  if (first.ok) return first.data;
  onRefused();

  const renewed = await renewOnce(ctx, shop, { replace: session.accessToken, idToken });
  const second = await send(renewed);
  if (second.ok) return second.data;

  if (!idToken) throw new TransientError(shop, "new_token_refused", { cause: second.cause });
  const acquired = await renewOnce(ctx, shop, { replace: renewed.accessToken, idToken, acquire: true });
  const third = await send(acquired);
  if (third.ok) return third.data;
  throw new ReauthorizationRequiredError(shop, "new_token_refused", { cause: third.cause });
}

/**
 * One call with an application-only token, because the offline chain is dead.
 * @throws the error that said so when there is no such token, or the Admin API refuses it.
 */
async function callAsApplication<T>(ctx: TokenContext, dead: ReauthorizationRequiredError, send: Send<T>): Promise<T> {
  const session = await findApplicationSession(ctx, dead.shop);
  if (!session) throw dead;
  const result = await send(session);
  if (result.ok) return result.data;
  forgetApplicationSession(ctx, session);
  throw dead;
}

/** `cause`: what refused the token, where another one may help. */
type CallResult<T> = { ok: true; data: T } | { ok: false; cause: unknown };
type Send<T> = (session: Session) => Promise<CallResult<T>>;

/** @throws the named error for anything but a refused token. */
async function call<T>(
  ctx: TokenContext,
  session: Session,
  query: string,
  { variables, signal }: GraphqlOptions,
): Promise<CallResult<T>> {
  const client = new ctx.api.clients.Graphql({ session });
  for (let throttled = 0; ; throttled++) {
    try {
      const { data } = await client.request(query, { variables, signal });
      requireNoUserErrors(session.shop, data);
      return { ok: true, data: data as T };
    } catch (cause) {
      if (cause instanceof AdminGraphqlError) throw cause;
      signal?.throwIfAborted();
      const verdict = await classifyAdminError(cause, ctx.now());
      const waitMs = throttleWaitMs(verdict);
      if (waitMs === undefined || throttled >= MAX_THROTTLE_RETRIES) {
        await requireTokenRefused(ctx, session.shop, verdict, cause);
        return { ok: false, cause };
      }
      await sleep(waitMs * (1 + Math.random() / 4), undefined, { signal });
    }
  }
}

function throttleWaitMs(verdict: AdminVerdict): number | undefined {
  let waitMs: number | undefined;
  if (verdict.kind === "query_throttled") waitMs = verdict.waitMs;
  if (verdict.kind === "transient" && verdict.reason === "throttled") waitMs = verdict.retryAfterMs ?? 1_000;
  return waitMs !== undefined && waitMs <= LONGEST_THROTTLE_WAIT_MS ? waitMs : undefined;
}

/** Returns where another token may help; throws the named error where it cannot. */
async function requireTokenRefused(
  ctx: TokenContext,
  shop: string,
  verdict: AdminVerdict,
  cause: unknown,
): Promise<void> {
  switch (verdict.kind) {
    case "unauthorized":
    case "permanent_refused":
      return;
    case "suspended":
      await markSuspended(ctx, shop, verdict.reason);
      throw new SuspendedError(shop, verdict.reason, { cause });
    case "graphql":
      throw new AdminGraphqlError(shop, verdict.errors);
    case "not_found":
      // Only the token endpoint's 404 speaks of the shop.
      if ((await readLife(ctx, shop)).suspendedWhy === "closed") throw new SuspendedError(shop, "closed", { cause });
      throw new ConfigurationError(shop, "admin_api_not_found", { cause });
    case "refused":
      throw new AdminApiRefusedError(shop, verdict.status, { cause });
    case "query_throttled":
      throw new TransientError(shop, "query_throttled", { cause, retryAfterMs: verdict.waitMs });
    case "transient":
      throw new TransientError(shop, verdict.reason, { cause, retryAfterMs: verdict.retryAfterMs });
  }
}

/** A mutation that did nothing answers 200 and says so in `userErrors`. */
function requireNoUserErrors(shop: string, data: unknown): void {
  if (typeof data !== "object" || data === null) return;
  const errors: GraphqlError[] = [];
  for (const [field, value] of Object.entries(data)) {
    const userErrors: unknown = (value as { userErrors?: unknown } | null)?.userErrors;
    if (!Array.isArray(userErrors)) continue;
    for (const { message, field: path } of userErrors as { message?: string; field?: string[] | null }[]) {
      errors.push({ message: message ?? "user error", path: [field, ...(path ?? [])] });
    }
  }
  if (errors.length > 0) throw new AdminGraphqlError(shop, errors);
}
