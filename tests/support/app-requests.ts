import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import type { Sandbox } from "../../sandbox/start.ts";
import type { TestApp } from "./app-process.ts";
import { BROWSER_USER_AGENT } from "./browser.ts";
import { TEST_APP } from "./sandbox.ts";
import { signBody } from "./signatures.ts";

/** What a merchant's browser sends to the app, without a browser. Redirects are not followed. */
export interface Merchant {
  /** Opens a page as Shopify Admin does: a document in the iframe, with or without an ID token in its address. */
  open(shop: string, options?: { path?: string; embedded?: boolean; idToken?: string | false }): Promise<Response>;
  /** What Remix asks for when the merchant navigates inside the app; App Bridge adds the ID token. */
  data(shop: string, path?: string, idToken?: string): Promise<Response>;
  /** Submits to a page's action, as a fetcher does. */
  submit(shop: string, path: string): Promise<Response>;
  /** Any address of the app, as a top-level navigation. */
  visit(path: string, init?: RequestInit): Promise<Response>;
  /** Walks through the authorization code grant from `/auth`, and returns the app's answer to the callback. */
  installByCode(shop: string): Promise<Response>;
}

/** What a page shows: its HTML without the data that it carries for scripts, the sentences of its language among them. */
export function shown(html: string): string {
  return html.replace(/<script\b.*?<\/script>/gs, "");
}

export function merchantOf(app: TestApp, sandbox: Sandbox): Merchant {
  const headers = {
    "User-Agent": BROWSER_USER_AGENT,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": new URL(TEST_APP.url).host,
  };
  const request = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, app.url), {
      redirect: "manual",
      ...init,
      headers: { ...headers, ...(init.headers as object) },
    });
  const bearer = async (shop: string, idToken?: string) => `Bearer ${idToken ?? (await sandbox.client.idToken(shop))}`;

  return {
    async open(shop, { path = "/app", embedded = true, idToken } = {}) {
      const address = await sandbox.client.launchUrl(shop, {
        embedded,
        path,
        idToken: idToken === false ? false : undefined,
      });
      const url = new URL(address, TEST_APP.url);
      if (typeof idToken === "string") url.searchParams.set("id_token", idToken);
      return request(url.pathname + url.search, { headers: { "Sec-Fetch-Dest": embedded ? "iframe" : "document" } });
    },
    async data(shop, path = "/app", idToken) {
      return request(dataPath(path), { headers: { Authorization: await bearer(shop, idToken) } });
    },
    async submit(shop, path) {
      return request(dataPath(path), {
        method: "POST",
        headers: { Authorization: await bearer(shop), "Content-Type": "application/x-www-form-urlencoded" },
        body: "",
      });
    },
    visit: request,
    async installByCode(shop) {
      const begun = await request(`/auth?shop=${shop}`);
      const cookies = begun.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
      const consent = new URL(begun.headers.get("location") ?? "");
      const { location } = await throughSandbox(sandbox, consent);
      const callback = new URL(location);
      return request(callback.pathname + callback.search, { headers: { Cookie: cookies.join("; ") } });
    },
  };
}

/** Single fetch asks for a page's data at `<page>.data`, for an index route at `<page>.data?index`. */
function dataPath(path: string): string {
  const url = new URL(path, "http://app");
  return `${url.pathname}.data${url.search}`;
}

/** The merchant approves: what Shopify's authorize page answers to a caller that is not a browser. */
export async function throughSandbox(sandbox: Sandbox, consent: URL): Promise<{ location: string }> {
  const { ProxyAgent, fetch: fetchThrough } = await import("undici");
  const dispatcher = new ProxyAgent({ uri: sandbox.proxyUrl, requestTls: { ca: sandbox.ca } });
  try {
    const response = await fetchThrough(consent, { dispatcher, redirect: "manual", headers: { accept: "*/*" } });
    const location = response.headers.get("location");
    if (!location) throw new Error(`no consent: ${response.status} ${(await response.text()).slice(0, 200)}`);
    return { location };
  } finally {
    await dispatcher.close();
  }
}

/** The shop of a webhook unless its headers name another. */
export const SIGNED = "signed.myshopify.com";

/** As Shopify's bodies of each topic name their shop. */
export const bodyFor = (shop: string) => JSON.stringify({ myshopify_domain: shop, shop_domain: shop });

export const WEBHOOK_TOPICS = [
  "app/uninstalled",
  "app/scopes_update",
  "customers/data_request",
  "customers/redact",
  "shop/redact",
];

/** A webhook as Shopify signs it, of the topic in the path. */
export function postWebhook(
  app: TestApp,
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(app.url + path, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-Shopify-Topic": path.replace("/webhooks/", ""),
      "X-Shopify-Shop-Domain": SIGNED,
      "X-Shopify-API-Version": "2026-10",
      "X-Shopify-Webhook-Id": "1",
      "X-Shopify-Hmac-Sha256": signBody(body),
      ...headers,
    },
    body,
  });
}

/** A request whose body is sent by hand. */
export function openRequest(target: TestApp, path: string, headers: Record<string, string> = {}) {
  const request: ClientRequest = httpRequest(target.url + path, { method: "POST", headers });
  const response = new Promise<IncomingMessage & { text: string }>((resolve, reject) => {
    request.once("error", reject);
    request.once("response", (message: IncomingMessage) => {
      let text = "";
      message.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      message.once("end", () => resolve(Object.assign(message, { text })));
      message.once("error", reject);
    });
  });
  return { request, response };
}
