import { hmacOf, isSameHmac, resign, resignIdToken } from "../../../app/tokens/shopify/resign-id-token.ts";

/** The client secrets that Shopify may have signed with: the current one, and during a rotation the one before. */
export type ClientSecrets = readonly [current: string, previous?: string];

/** Whether Shopify signed a body: its HMAC in base64, with either secret. */
export function isSignedBody(secrets: ClientSecrets, text: string, hmac: string | null | undefined): boolean {
  return secrets.some((secret) => secret !== undefined && isSameHmac(hmac ?? "", hmacOf(secret, text, "base64")));
}

/**
 * The libraries know one secret, and until the previous one is revoked Shopify signs with that. What carries its signature gets that of the
 * current secret in its place; everything else stays as it is.
 */
export interface Resigner {
  /** @param hmac of a webhook, an action of Flow or a fulfillment service. */
  body(text: string, hmac: string): string;
  /** @param token an ID token. */
  idToken(token: string): string;
  /** @param url whose query is signed for the Admin (`hmac`) or for an app proxy (`signature`), or holds an ID token. */
  url(url: URL): URL;
}

/** Undefined outside of a rotation. */
export function createResigner([current, previous]: ClientSecrets): Resigner | undefined {
  if (!previous) return undefined;
  const secrets = { current, previous };
  const idToken = (token: string) => resignIdToken(secrets, token);
  return {
    body: (text, hmac) => resign(secrets, text, hmac, "base64"),
    idToken,
    url(url) {
      // There twice, it is nobody's: it stays, and is refused.
      if (ONCE.some((name) => url.searchParams.getAll(name).length > 1)) return url;
      const signed = new URL(url);
      const token = url.searchParams.get("id_token");
      // The query is signed with the ID token that Shopify put into it, and the library sees the other.
      if (token) signed.searchParams.set("id_token", idToken(token));
      const [before, after] = [pairsOf(url), pairsOf(signed)];
      for (const [name, textOf] of Object.entries({ hmac: adminText, signature: proxyText })) {
        const given = url.searchParams.get(name);
        if (given && isSameHmac(given, hmacOf(previous, textOf(before), "hex"))) {
          signed.searchParams.set(name, hmacOf(current, textOf(after), "hex"));
        }
      }
      return signed;
    },
  };
}

const ONCE = ["shop", "hmac", "signature", "id_token"];

type Pair = [name: string, value: string];
/** What a query's signature covers; values of a name that is there more than once are one to the libraries. */
function pairsOf({ searchParams }: URL): Pair[] {
  const names = [...new Set(searchParams.keys())].filter((name) => name !== "hmac" && name !== "signature");
  return names.map((name): Pair => [name, searchParams.getAll(name).join(",")]).sort(byName);
}
const byName = ([one]: Pair, [other]: Pair) => one.localeCompare(other);
const adminText = (pairs: Pair[]) => new URLSearchParams(pairs).toString().replaceAll("+", "%20");
const proxyText = (pairs: Pair[]) => pairs.map(([name, value]) => `${name}=${value}`).join("");

/** What the signature of an app proxy covers. */
export const proxiedText = (url: URL): string => proxyText(pairsOf(url));
