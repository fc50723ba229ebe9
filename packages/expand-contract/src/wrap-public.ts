import { proxiedText } from "./previous-secret.ts";

/** One of the library's doors. */
export type Authenticate = (request: Request, ...rest: never[]) => Promise<unknown>;

/** `public.appProxy` and its siblings; in old versions `public` itself is callable too. */
export function wrapPublic(original: object, verified: (authenticate: Authenticate) => Authenticate): object {
  const wrap = (authenticate: Authenticate): Authenticate => {
    const serve = verified(authenticate);
    return async (request, ...rest) => {
      refuseSpliced(request);
      return serve(request, ...rest);
    };
  };
  const members = Object.entries(original).map(([name, member]) => [
    name,
    typeof member === "function" ? wrap(member as Authenticate) : (member as unknown),
  ]);
  const wrapped = typeof original === "function" ? wrap(original as Authenticate) : {};
  return Object.assign(wrapped, Object.fromEntries(members));
}

/** What Shopify says of a request of the app proxy; anything else is the shop's own. */
const PROXY_PARAMETERS = ["shop", "path_prefix", "timestamp", "signature", "logged_in_customer_id"];

/**
 * An app proxy's signature covers its parameters joined without anything between them, and the visitor of a storefront chooses some: where
 * one ends and the next begins could be moved afterwards, so that what was a value names the shop.
 * @throws Response for a parameter that is there twice (the signature is checked over the last one, and the first is acted upon), and for a
 *   signed text that names two shops.
 * @see https://shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies
 */
function refuseSpliced(request: Request): void {
  const url = new URL(request.url);
  const isRepeated = PROXY_PARAMETERS.some((name) => url.searchParams.getAll(name).length > 1);
  if (isRepeated) throw new Response("A parameter is there twice.", { status: 400 });
  const [, ...others] = proxiedText(url).match(/shop=[a-z0-9][a-z0-9-]*\.[a-z]/gi) ?? [];
  if (others.length > 0) throw new Response("The address names a second shop.", { status: 400 });
}
