import { setAbstractFetchFunc } from "@shopify/shopify-api/runtime";
import { CALL_TIMEOUT_MS } from "../renew/timing.ts";

const JSON_TYPE = "application/json";
const LONGEST_TEXT = 300;
const TOKEN_ENDPOINT = "/admin/oauth/access_token";

/**
 * The one way out to Shopify: a fetch that ends in time, asks for JSON, and answers errors as JSON whatever was sent, so that
 * the library's `response.json()` keeps the status instead of failing on HTML or plain text. Network errors pass as they are.
 * Nothing is logged here. `globalThis.fetch` is looked up at each call.
 * @param options.timeoutMs for the whole exchange, body included.
 */
export function createShopifyFetch({ timeoutMs = CALL_TIMEOUT_MS } = {}): typeof fetch {
  return async (input, init) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const headers = new Headers(init?.headers);
    if (!headers.has("accept")) headers.set("accept", JSON_TYPE);
    // A shop is asked for a token once an hour at most, and every shop is a host of its own. Kept alive for as long as a server
    // allows (undici: up to ten minutes), the connections of a bulk run pile up: measured 90 KB a shop.
    if (isTokenEndpoint(input)) headers.set("connection", "close");
    const response = await globalThis.fetch(input, {
      ...init,
      headers,
      signal: init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout,
    });
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return response.ok && isJson ? response : errorAsJson(response);
  };
}

/** Makes every client of @shopify/shopify-api in this process use that fetch. Call after the library's adapter was imported. */
export function installShopifyFetch(options?: { timeoutMs?: number }): void {
  setAbstractFetchFunc(createShopifyFetch(options));
}

function isTokenEndpoint(input: string | URL | Request): boolean {
  const url = input instanceof Request ? input.url : String(input);
  return url.endsWith(TOKEN_ENDPOINT);
}

async function errorAsJson(response: Response): Promise<Response> {
  const text = await response.text();
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) headers.delete(name);
  headers.set("content-type", JSON_TYPE);
  return new Response(isJsonObject(text) ? text : describe(response, text), {
    // A success that is not JSON is a broken gateway's.
    status: response.ok ? 502 : response.status,
    statusText: response.statusText,
    headers,
  });
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

function describe(response: Response, text: string): string {
  const words = text
    .replace(/<[^<>]*>/g, " ")
    .replace(/shp[a-z]{2}_\w+/g, "…")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, LONGEST_TEXT);
  return JSON.stringify({ error: "not_json", error_description: words, status: response.status });
}
