import { AsyncLocalStorage } from "node:async_hooks";
import type { Lease } from "../renew/lease.ts";
import { normalShopName } from "../records/shop-name.ts";
import type { RequestContext } from "../types.ts";

const requests = new AsyncLocalStorage<RequestContext>();
const grants = new AsyncLocalStorage<Lease>();

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
  return grants.run(lease, run);
}

/** The lease under which the library handles an authorization code of this shop now. */
export function currentGrantLease(shop: string): Lease | undefined {
  const lease = grants.getStore();
  return lease?.shop === normalShopName(shop) && !lease.released ? lease : undefined;
}

/** The ID token of the request being served, if it says it is for this shop: the library verifies it before it is used. */
export function currentIdToken(shop: string): string | undefined {
  const { idToken = "" } = requests.getStore() ?? {};
  try {
    const payload: unknown = JSON.parse(Buffer.from(idToken.split(".")[1] ?? "", "base64url").toString("utf8"));
    const { dest } = payload as { dest?: unknown };
    return typeof dest === "string" && new URL(dest).hostname === normalShopName(shop) ? idToken : undefined;
  } catch {
    return undefined;
  }
}
