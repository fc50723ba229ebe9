import { setAbstractFetchFunc } from "@shopify/shopify-api/runtime";
import { CALL_TIMEOUT_MS } from "../renew/timing.ts";
import {
  createShopifyTransport,
  isForTransport,
  NULL_BODY_STATUSES,
  type ShopifyTransport,
} from "./shopify-transport.ts";
import { answerUnproven } from "./unproven-session.ts";

const JSON_TYPE = "application/json";
const LONGEST_TEXT = 300;
const TOKEN_ENDPOINT = "/admin/oauth/access_token";

/**
 * The one way out to Shopify: a fetch that ends in time, asks for JSON, and answers errors as JSON whatever was sent, so that
 * the library's `response.json()` keeps the status instead of failing on HTML or plain text. Network errors pass as they are.
 * Nothing is logged here. Calls to shops leave by `transport`; others, and those of a program with a fetch of its own, by
 * `globalThis.fetch`, which is looked up at each call.
 * @param options.timeoutMs for the whole exchange, body included.
 */
export function createShopifyFetch({
  timeoutMs = CALL_TIMEOUT_MS,
  transport = createShopifyTransport(),
}: { timeoutMs?: number; transport?: ShopifyTransport } = {}): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    const unproven = answerUnproven(headers, init?.body);
    if (unproven) return unproven;
    const timeout = AbortSignal.timeout(timeoutMs);
    if (!headers.has("accept")) headers.set("accept", JSON_TYPE);
    // A shop is asked for a token once an hour at most, and every shop is a host of its own. Kept alive for as long as a server
    // allows (undici: up to ten minutes), the connections of a bulk run pile up: measured 90 KB a shop.
    if (isTokenEndpoint(input)) headers.set("connection", "close");
    const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const plain = plainRequest(input, init);
    const response = plain
      ? await transport(plain.url, { ...plain, headers, signal })
      : // A redirect that keeps the method sends the body on, and the body or a header holds a token.
        await globalThis.fetch(input, { ...init, headers, redirect: "manual", signal });
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    if (response.ok && isTokenEndpoint(input)) return successOrError(response, isJson);
    if (!response.ok || !isJson)
      return textAsJson(response, await response.text(), response.ok ? 502 : response.status);
    return response;
  };
}

/**
 * A success of the token endpoint that holds an `error` and no token is no pair with fields missing: it becomes an error. A pair is one whatever type a
 * proxy has given it: Shopify has issued it by now.
 */
async function successOrError(response: Response, isJson: boolean): Promise<Response> {
  const text = await response.text();
  const value = parse(text);
  // Broken off: what the library makes of it says so.
  if (isJson && value === undefined) return new Response(text || null, response);
  if (!isObject(value) || (!isJson && value.access_token === undefined)) return textAsJson(response, text, 502);
  if (value.error !== undefined && value.access_token === undefined)
    return Response.json({ error: "error_in_success" }, { status: 502 });
  const headers = new Headers(response.headers);
  headers.set("content-type", JSON_TYPE);
  return new Response(text, { status: response.status, statusText: response.statusText, headers });
}

/** What the transport can send: the library's own way to call. */
function plainRequest(
  input: string | URL | Request,
  { method = "GET", body }: RequestInit = {},
): { url: URL; method: string; body: string | undefined } | undefined {
  if (input instanceof Request || (body !== undefined && typeof body !== "string")) return undefined;
  const url = new URL(input);
  return isForTransport(url) ? { url, method, body } : undefined;
}

let installed: typeof fetch | undefined;
const setters = new Set([setAbstractFetchFunc]);

/** Makes every client of @shopify/shopify-api in this process use that fetch. */
export function installShopifyFetch(options?: Parameters<typeof createShopifyFetch>[0]): void {
  installed = createShopifyFetch(options);
  keepShopifyFetch();
}

/** The same fetch again, where one was installed: an adapter of the library that was imported since has put its own in place. */
export function keepShopifyFetch(): void {
  if (installed) for (const set of setters) set(installed);
}

/** For an app whose library takes another build of @shopify/shopify-api than this module does: the fetch goes there as well. */
export function reachOtherBuild(set: typeof setAbstractFetchFunc): void {
  setters.add(set);
  keepShopifyFetch();
}

function isTokenEndpoint(input: string | URL | Request): boolean {
  const url = input instanceof Request ? input.url : String(input);
  return url.endsWith(TOKEN_ENDPOINT);
}

/** @param status 502 for a success that is not JSON: a broken gateway's. */
function textAsJson(response: Response, text: string, status: number): Response {
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) headers.delete(name);
  headers.set("content-type", JSON_TYPE);
  return new Response(isObject(parse(text)) ? text : describe(response, text), {
    // These have no body, and are no answer to what was asked.
    status: NULL_BODY_STATUSES.has(status) ? 502 : status,
    statusText: response.statusText,
    headers,
  });
}

function isObject(value: unknown): value is { error?: unknown; access_token?: unknown } {
  return typeof value === "object" && value !== null;
}

/** Undefined for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
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
