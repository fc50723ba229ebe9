import { findShopDomain } from "../infra/shop-domain.ts";

/** The ID token that a request carries: App Bridge's header on data requests, `id_token` on documents that Shopify Admin opens. */
export function findIdToken(request: Request): string | undefined {
  const header = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
  return header ?? new URL(request.url).searchParams.get("id_token") ?? undefined;
}

/**
 * The shop a request says it is about. **Not verified**: good for choosing which install flow handles the request, and for
 * nothing else.
 */
export function claimedShop(request: Request): string | undefined {
  const idToken = findIdToken(request);
  return (idToken && shopOfIdToken(idToken)) || findShopDomain(new URL(request.url).searchParams.get("shop"));
}

function shopOfIdToken(idToken: string): string | undefined {
  try {
    const payload = JSON.parse(Buffer.from(idToken.split(".")[1] ?? "", "base64url").toString()) as { dest?: string };
    return findShopDomain(URL.parse(payload.dest ?? "")?.hostname);
  } catch {
    return undefined;
  }
}
