import { setAbstractFetchFunc } from "@shopify/shopify-api/runtime";
import { CALL_TIMEOUT_MS } from "../renew/timing.ts";

const JSON_TYPE = "application/json";
const LONGEST_TEXT = 300;
const NULL_BODY_STATUSES = new Set([204, 205, 304]);
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
      // A redirect that keeps the method sends the body on, and the body or a header holds a token.
      redirect: "manual",
      signal: init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout,
    });
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    if (!response.ok || !isJson) return errorAsJson(response, response.ok ? 502 : response.status);
    return isTokenEndpoint(input) ? successOrError(response) : response;
  };
}

/** A success of the token endpoint that holds an `error` and no token is no pair with fields missing: it becomes an error. */
async function successOrError(response: Response): Promise<Response> {
  const copy = response.clone();
  const body = (await copy.json().catch(() => undefined)) as { error?: unknown; access_token?: unknown } | undefined;
  if (body?.error === undefined || body.access_token !== undefined) return response;
  return Response.json({ error: "error_in_success" }, { status: 502 });
}

/** Makes every client of @shopify/shopify-api in this process use that fetch. Call after the library's adapter was imported. */
export function installShopifyFetch(options?: { timeoutMs?: number }): void {
  setAbstractFetchFunc(createShopifyFetch(options));
}

function isTokenEndpoint(input: string | URL | Request): boolean {
  const url = input instanceof Request ? input.url : String(input);
  return url.endsWith(TOKEN_ENDPOINT);
}

/** @param status 502 for a success that is not JSON: a broken gateway's. */
async function errorAsJson(response: Response, status: number): Promise<Response> {
  const text = await response.text();
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) headers.delete(name);
  headers.set("content-type", JSON_TYPE);
  return new Response(isJsonObject(text) ? text : describe(response, text), {
    // These have no body, and are no answer to what was asked.
    status: NULL_BODY_STATUSES.has(status) ? 502 : status,
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
