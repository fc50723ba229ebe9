import { askAdmin, embedded, settings } from "./bridge.ts";
import { openFromApp } from "./navigation.ts";

const plainFetch = window.fetch.bind(window);

/** A fresh ID token of the signed-in user for this app and shop. */
export function idToken(): Promise<string> {
  return askAdmin<string>("id-token");
}

/**
 * `fetch` as App Bridge patches it: requests to the app's own origin carry an ID token; a 401 with
 * `X-Shopify-Retry-Invalid-Session-Request` is tried once more with a fresh one; a response with
 * `X-Shopify-API-Request-Failure-Reauthorize-Url` takes the whole window there, and the caller waits for that.
 */
export async function authenticatedFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  if (!embedded || new URL(request.url).origin !== window.location.origin || request.headers.has("Authorization")) {
    return plainFetch(request);
  }
  const again = request.clone();
  let response = await send(request);
  if (response.status === 401 && response.headers.get("X-Shopify-Retry-Invalid-Session-Request") === "1") {
    response = await send(again);
  }
  const reauthorizeUrl = response.headers.get("X-Shopify-API-Request-Failure-Reauthorize-Url");
  if (reauthorizeUrl) {
    openFromApp(new URL(reauthorizeUrl, settings.app).href, "_top");
    await new Promise<never>(() => {});
  }
  return response;
}

async function send(request: Request): Promise<Response> {
  request.headers.set("Authorization", `Bearer ${await idToken()}`);
  request.headers.set("X-Requested-With", "XMLHttpRequest");
  return plainFetch(request);
}
