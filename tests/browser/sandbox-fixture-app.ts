import "@shopify/shopify-app-remix/adapters/node";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiVersion, AppDistribution, shopifyApp } from "@shopify/shopify-app-remix/server";
import { MemorySessionStorage } from "./sandbox-memory-sessions.ts";
import { TEST_APP } from "../support/sandbox.ts";

export interface FixtureApp {
  origin: string;
  /** Paths and headers of the requests for data, newest last. */
  requests: { path: string; authorization?: string; retried: boolean }[];
  sessions: MemorySessionStorage;
  close(): Promise<void>;
}

/**
 * A small app on the unmodified library, without React: enough to drive everything that the Admin and App Bridge play.
 * `legacy` uses the authorization code grant, else token exchange.
 */
export async function startFixtureApp({ legacy = false } = {}): Promise<FixtureApp> {
  const sessions = new MemorySessionStorage();
  const shopify = shopifyApp({
    apiKey: TEST_APP.clientId,
    apiSecretKey: TEST_APP.clientSecret,
    appUrl: TEST_APP.url,
    scopes: TEST_APP.scopes,
    authPathPrefix: "/auth",
    apiVersion: ApiVersion.October26,
    distribution: AppDistribution.AppStore,
    sessionStorage: sessions,
    future: { unstable_newEmbeddedAuthStrategy: !legacy as true, expiringOfflineAccessTokens: true },
    logger: { log: async () => {} },
  });
  const requests: FixtureApp["requests"] = [];
  let failNext = false;

  async function answer(request: Request): Promise<Response> {
    const { pathname, search, searchParams } = new URL(request.url);
    if (pathname === "/" && searchParams.has("shop")) return Response.redirect(`${TEST_APP.url}/app${search}`, 302);
    if (pathname === "/broken") return new Response(null, { status: 500 });
    if (pathname === "/plain")
      return new Response("<h1>No App Bridge here</h1>", { headers: { "Content-Type": "text/html" } });
    if (pathname.startsWith("/api/")) {
      const authorization = request.headers.get("authorization") ?? undefined;
      requests.push({ path: pathname, authorization, retried: false });
    }
    if (pathname === "/api/stale" && (failNext = !failNext)) {
      return new Response(null, { status: 401, headers: { "X-Shopify-Retry-Invalid-Session-Request": "1" } });
    }
    const { admin, session, redirect } = await shopify.authenticate.admin(request);
    if (pathname === "/api/shop" || pathname === "/api/stale") {
      const { data } = await (await admin.graphql("{ shop { name } }")).json();
      return Response.json({ name: (data as { shop: { name: string } }).shop.name });
    }
    if (pathname === "/api/leave") throw redirect("shopify://admin/apps", { target: "_parent" });
    if (pathname === "/leave") throw redirect("/top?from=frame", { target: "_top" });
    const headers = new Headers({ "Content-Type": "text/html; charset=utf-8" });
    shopify.addDocumentResponseHeaders(request, headers);
    return new Response(page(pathname, session.shop), { headers });
  }

  const server = createServer((incoming, response) => {
    void answer(toRequest(incoming))
      .catch((thrown: unknown) => (thrown instanceof Response ? thrown : new Response(String(thrown), { status: 500 })))
      .then((result) => send(response, result));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sessions,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function toRequest(incoming: IncomingMessage): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.set(name, String(value));
  const host = incoming.headers["x-forwarded-host"] ?? incoming.headers.host;
  return new Request(`https://${String(host)}${incoming.url ?? "/"}`, { method: incoming.method, headers });
}

async function send(response: ServerResponse, result: Response): Promise<void> {
  result.headers.forEach((value, name) => name !== "set-cookie" && response.setHeader(name, value));
  const cookies = result.headers.getSetCookie();
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  response.statusCode = result.status;
  response.end(Buffer.from(await result.arrayBuffer()));
}

function page(path: string, shop: string): string {
  const host = Buffer.from(`admin.shopify.com/store/${shop.replace(".myshopify.com", "")}`).toString("base64url");
  const frame = `shop=${shop}&host=${host}&embedded=1`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Fixture</title>
    <script data-api-key="${TEST_APP.clientId}" src="https://cdn.shopify.com/shopifycloud/app-bridge.js"></script>
    <script>window.bridgeWasReady = typeof window.shopify === "object" && typeof window.shopify.idToken === "function";</script>
    <style>body { font: 14px system-ui; margin: 24px; display: grid; gap: 12px; justify-items: start }</style></head>
  <body>
    <ui-nav-menu><a href="/app" rel="home">Home</a><a href="/app/orders">Orders</a><a href="/app/settings">Settings</a></ui-nav-menu>
    <ui-title-bar title="Page ${path}"><button variant="primary" onclick="note('primary')">Create</button><button onclick="note('secondary')">More</button></ui-title-bar>
    <h1 id="where">${path}</h1><p id="shop">${shop}</p><p id="noted"></p><output id="answer"></output>
    <button id="load" onclick="load('/api/shop')">Load</button>
    <button id="stale" onclick="load('/api/stale')">Load with a stale token</button>
    <button id="leave-data" onclick="load('/api/leave')">Leave by data request</button>
    <a id="leave-document" href="/leave?${frame}">Leave by document</a>
    <a id="reload" href="/app/orders?shop=${shop}&host=${Buffer.from(`admin.shopify.com/store/${shop.split(".")[0] ?? ""}`).toString("base64url")}&embedded=1">Document without an ID token</a>
    <a id="to-admin" href="shopify://admin/apps" target="_top">Apps in the Admin</a>
    <button id="toast" onclick="shopify.toast.show('Saved', { action: 'Undo', onAction: () => note('undone') })">Toast</button>
    <button id="modal-open" onclick="shopify.modal.show('modal')">Modal</button>
    <ui-modal id="modal"><p style="padding:16px">In the modal</p><ui-title-bar title="Sure?">
      <button variant="primary" onclick="note('confirmed'); shopify.modal.hide('modal')">Confirm</button><button onclick="shopify.modal.hide('modal')">Cancel</button>
    </ui-title-bar></ui-modal>
    <button id="bar-open" onclick="shopify.saveBar.show('bar')">Edit</button>
    <ui-save-bar id="bar"><button variant="primary" onclick="note('saved'); shopify.saveBar.hide('bar')">Save</button><button onclick="note('discarded'); shopify.saveBar.hide('bar')">Discard</button></ui-save-bar>
    <form id="form" data-save-bar onsubmit="event.preventDefault(); note('form saved')" onreset="note('form reset')"><label>Name <input name="name"></label></form>
    <button id="pick" onclick="shopify.resourcePicker({ type: 'product', multiple: true }).then((picked) => note(picked ? picked.map((one) => one.title).join(', ') : 'nothing'))">Pick</button>
    <button id="scopes" onclick="shopify.scopes.request(['write_products']).then((answer) => note(answer.result + ' ' + answer.detail.granted.join(',')))">Scopes</button>
    <button id="busy" onclick="shopify.loading(true)">Busy</button>
    <script>
      function note(text) { document.getElementById("noted").textContent = text; }
      async function load(path) {
        const response = await fetch(path);
        document.getElementById("answer").textContent = response.status + " " + (await response.text());
      }
    </script>
  </body></html>`;
}
