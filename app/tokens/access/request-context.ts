import { AsyncLocalStorage } from "node:async_hooks";
import type { Lease } from "../renew/lease.ts";
import { normalShopName } from "../records/shop-name.ts";
import type { RequestContext } from "../types.ts";

const requests = new AsyncLocalStorage<RequestContext>();
const grants = new AsyncLocalStorage<{ shop: string; lease: Lease }>();

/** Runs `run` as (part of) one request that the libraries serve. */
export function runWithRequest<T>(context: RequestContext, run: () => Promise<T>): Promise<T> {
  return requests.run(context, run);
}

export function currentRequest(): RequestContext | undefined {
  return requests.getStore();
}

/** Notes that the request being served brought its shop a pair. */
export function markAcquired(shop: string): void {
  const request = requests.getStore();
  if (request) request.acquired = shop;
}

/** Runs `run` as the handling of an authorization code under a lease. */
export function runWithGrant<T>(lease: Lease, run: () => Promise<T>): Promise<T> {
  return grants.run({ shop: lease.shop, lease }, run);
}

/** The lease under which the library handles an authorization code of this shop now. */
export function currentGrantLease(shop: string): Lease | undefined {
  const grant = grants.getStore();
  return grant?.shop === normalShopName(shop) && !grant.lease.released ? grant.lease : undefined;
}

/**
 * Whether an ID token says it is for this shop. For routing only: the library verifies the token before it is used.
 */
export function isIdTokenOf(shop: string, idToken: string): boolean {
  try {
    const payload: unknown = JSON.parse(Buffer.from(idToken.split(".")[1] ?? "", "base64url").toString("utf8"));
    const { dest } = payload as { dest?: unknown };
    return typeof dest === "string" && new URL(dest).hostname === normalShopName(shop);
  } catch {
    return false;
  }
}
