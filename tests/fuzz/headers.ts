import type { Choose } from "./choose.ts";
import { FUZZED_APP } from "./identities.ts";
import { oddText } from "./odd-text.ts";

const APP_HOST = new URL(FUZZED_APP.url).host;
const BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36";
/** Node refuses heads of more than 16 KiB; most odd values stay below that, to get in. */
const MOST_HEADER_CHARACTERS = 12_000;

/** Headers that the app, its libraries or its server read. A test holds this list against the sources. */
export const HEADERS_READ = [
  ..."Accept Accept-Encoding Accept-Language Access-Control-Request-Method Authorization Cache-Control".split(" "),
  ..."Content-Encoding Content-Type Cookie Expect If-Modified-Since If-None-Match Origin Range Referer".split(" "),
  ..."Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Upgrade Upgrade-Insecure-Requests User-Agent".split(" "),
  ..."X-Forwarded-For X-Forwarded-Host X-Forwarded-Port X-Forwarded-Proto Forwarded X-Request-Id".split(" "),
  ..."X-Shopify-Topic X-Shopify-Hmac-Sha256 X-Shopify-Shop-Domain X-Shopify-API-Version X-Shopify-Webhook-Id".split(
    " ",
  ),
  ..."X-Shopify-Triggered-At X-Shopify-Event-Id X-Shopify-Name Shopify-Hmac-Sha256 Shopify-Topic".split(" "),
  ..."X-Shopify-Retry-Invalid-Session-Request X-Remix-Response X-Remix-Reload-Document Last-Event-ID".split(" "),
  ..."X-HTTP-Method-Override Via Purpose Sec-Purpose Save-Data Content-Length Transfer-Encoding Host".split(" "),
];

/** Those of the list that frame a request are the raw door's business. */
const FREE_HEADERS = HEADERS_READ.filter((name) => !/^(content-length|transfer-encoding|host|expect)$/i.test(name));

/** What a proxy and a browser send, for most requests; sometimes with odd values, or with one that says something else. */
export function usualHeaders(choose: Choose, index: number): [string, string][] {
  const headers: [string, string][] = [
    ["Host", choose.chance(0.1) ? oddHost(choose) : APP_HOST],
    ["Connection", "close"],
    ["X-Request-Id", requestIdOf(index)],
  ];
  if (choose.chance(0.95)) headers.push(["User-Agent", BROWSER]);
  if (choose.chance(0.8)) headers.push(["X-Forwarded-Proto", "https"], ["X-Forwarded-Host", APP_HOST]);
  if (choose.chance(0.3)) headers.push(["Sec-Fetch-Dest", choose.pick(["iframe", "document", "empty"])]);
  return headers;
}

/** A few headers that are read, holding what nobody expects. */
export function oddHeaders(choose: Choose): [string, string][] {
  if (!choose.chance(0.3)) return [];
  return Array.from({ length: 1 + choose.int(3) }, () => {
    const value = oddText(choose, MOST_HEADER_CHARACTERS);
    // A browser sends UTF-8 in places, or Latin-1; both are bytes.
    return [choose.pick(FREE_HEADERS), Buffer.from(value, choose.pick(["utf8", "latin1"])).toString("latin1")];
  });
}

function requestIdOf(index: number): string {
  return `fuzz-${String(index).padStart(8, "0")}`;
}

export function oddHost(choose: Choose): string {
  return choose.pick([
    () => choose.pick(["a@b", "x/metrics?", "evil.example", "localhost:99999", "[::1]", "[", "", " ", "a b", "%00"]),
    () =>
      choose.pick(["admin.shopify.com", "127.0.0.1", "x#y", "x?y", "\\\\evil", "app.sandbox.test:443, evil.example"]),
    () => oddText(choose, 2_000),
  ])();
}
