import { hmacOf, isSameHmac, resign, resignIdToken } from "../../../app/tokens/shopify/resign-id-token.ts";

/** The client secrets that Shopify may have signed with: the current one, and during a rotation the one before. */
export type ClientSecrets = readonly [current: string, previous?: string];

/** Whether Shopify signed a text with either secret: a body in base64, a query in hexadecimal. */
export function isSigned(
  secrets: readonly (string | undefined)[],
  text: string,
  hmac: string | null | undefined,
  encoding: "base64" | "hex",
): boolean {
  return secrets.some((secret) => secret !== undefined && isSameHmac(hmac ?? "", hmacOf(secret, text, encoding)));
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

/** Sorting what anyone sends has to stay cheap. */
export const MOST_PARAMETERS = 200;

/** Undefined outside of a rotation. */
export function createResigner([current, previous]: ClientSecrets): Resigner | undefined {
  if (!previous) return undefined;
  const secrets = { current, previous };
  const idToken = (token: string) => resignIdToken(secrets, token);
  return {
    body: (text, hmac) => resign(secrets, text, hmac, "base64"),
    idToken,
    url(url) {
      if (url.searchParams.size > MOST_PARAMETERS) return url;
      // There twice, it is nobody's: it stays, and is refused.
      if (ONCE.some((name) => url.searchParams.getAll(name).length > 1)) return url;
      const signed = new URL(url);
      const token = url.searchParams.get("id_token");
      // The query is signed with the ID token that Shopify put into it, and the library sees the other.
      if (token) signed.searchParams.set("id_token", idToken(token));
      for (const [name, textsOf] of Object.entries({ hmac: adminTexts, signature: proxyTexts })) {
        const given = url.searchParams.get(name);
        if (given && textsOf(url).some((text) => isSigned([previous], text, given, "hex"))) {
          signed.searchParams.set(name, hmacOf(current, textsOf(signed)[0]!, "hex"));
        }
      }
      return signed;
    },
  };
}

const ONCE = ["shop", "hmac", "signature", "id_token"];

type Pair = [name: string, value: string];
/** What a query's signature covers; values of a name that is there more than once are one to the libraries. */
function pairsOf(parameters: URLSearchParams): Pair[] {
  const values = new Map<string, string>();
  for (const [name, value] of parameters) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  for (const name of ["hmac", "signature"]) values.delete(name);
  return [...values].sort(byName);
}
const byName = ([one]: Pair, [other]: Pair) => one.localeCompare(other);
const adminTexts = ({ searchParams }: URL) => [
  new URLSearchParams(pairsOf(searchParams)).toString().replaceAll("+", "%20"),
];

/**
 * What the signature of an app proxy may cover. Remix puts an empty `index` into addresses of its own, and takes the `_data` out that was
 * signed; the libraries try each of these, in this order.
 */
export function proxyTexts({ pathname, searchParams }: URL): string[] {
  const plain = new URLSearchParams(searchParams);
  if (!plain.get("index")) plain.delete("index");
  const route = `routes/${pathname.replace(/^\//, "").replace(/\/$/, "").replaceAll("/", ".")}`;
  const withData = (data: string, rest: URLSearchParams) => new URLSearchParams([["_data", data], ...rest]);
  return [plain, withData(route, plain), withData(`${route}._index`, searchParams)].map((parameters) =>
    pairsOf(parameters)
      .map(([name, value]) => `${name}=${value}`)
      .join(""),
  );
}
