import { type ClientSecrets, isSigned, MOST_PARAMETERS, proxyTexts } from "./previous-secret.ts";

/** One of the library's doors. */
export type Authenticate = (request: Request, ...rest: never[]) => Promise<unknown>;

export interface PublicDoors {
  /** What each of the doors gets. */
  verified: (authenticate: Authenticate) => Authenticate;
  secrets: ClientSecrets;
  /** Whether a text names a shop, as the app's settings have it. */
  isShop: (name: string) => boolean;
}

/** `public.appProxy` and its siblings; in old versions `public` itself is callable too. */
export function wrapPublic(original: object, { verified, secrets, isShop }: PublicDoors): object {
  const members = Object.entries(original).map(([name, member]) => {
    if (typeof member !== "function") return [name, member as unknown];
    const serve = verified(member as Authenticate);
    const proxied: Authenticate = async (request, ...rest) => {
      checkVisit(new URL(request.url), secrets, isShop);
      return serve(request, ...rest);
    };
    return [name, name === "appProxy" ? proxied : serve];
  });
  const wrapped = typeof original === "function" ? verified(original as Authenticate) : {};
  return Object.assign(wrapped, Object.fromEntries(members));
}

/** In hexadecimal, as Shopify sends it. */
const HMAC = /^[\da-f]{64}$/;
/** What Shopify says of a request of the app proxy; anything else is the shop's own. */
const PROXY_PARAMETERS = ["shop", "path_prefix", "timestamp", "signature", "logged_in_customer_id"];

/**
 * An app proxy's signature covers its parameters joined without anything between them, and the visitor of a storefront chooses some: where
 * one ends and the next begins could be moved afterwards, so that what was a value names the shop. And the text that Shopify signs for the
 * Admin, link parameters included, can be read as such a one. So the text that is signed has to name one shop: then it is the one
 * that Shopify named. Whatever the library reads besides, the signature has to be right for the text that was looked at here.
 * @throws Response 400
 * @see https://shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies
 */
function checkVisit(url: URL, secrets: ClientSecrets, isShop: PublicDoors["isShop"]): void {
  const { searchParams } = url;
  const isRepeated = PROXY_PARAMETERS.some((name) => searchParams.getAll(name).length > 1);
  if (isRepeated) throw new Response("A parameter is there twice.", { status: 400 });
  const signature = searchParams.get("signature") ?? "";
  const mayBeSigned =
    HMAC.test(signature) && searchParams.size <= MOST_PARAMETERS && isShop(searchParams.get("shop") ?? "");
  const text = mayBeSigned ? proxyTexts(url).find((one) => isSigned(secrets, one, signature, "hex")) : undefined;
  if (text === undefined) throw new Response("This is no visit that Shopify signed.", { status: 400 });
  const [, ...others] = text.match(/shop=[a-z0-9][a-z0-9-]*\.[a-z]/gi) ?? [];
  if (others.length > 0) throw new Response("The address names a second shop.", { status: 400 });
}
