import type { IncomingMessage, ServerResponse } from "node:http";
import type { Sandbox } from "../../start.ts";
import type { Addresses } from "../addresses.ts";
import type { AppView } from "../app-view.ts";
import { controlScript } from "../browser-scripts.ts";
import { readBrowserFile } from "../bundle-browser-script.ts";
import { isCrossSite, readFields, redirect, sendHtml, sendJson, sendText } from "../http-answers.ts";
import { overviewPage } from "./overview-page.ts";
import { runAction } from "./run-action.ts";
import { shopPage } from "./shop-page.ts";

const PER_PAGE = 25;
const OWN_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

export interface ControlPageOptions {
  app(): AppView;
  /** Where ordinary browsers find the Admin, when fronts are running. */
  addresses?: Addresses;
}

/** Serves the control page on the simulator's own port: `/`, `/shops/{shop}` and `/-/…`. Returns how to take it away. */
export function mountControlPage(sandbox: Pick<Sandbox, "client" | "mount">, options: ControlPageOptions): () => void {
  return sandbox.mount(async (request, response, url) => {
    // Host names other than this machine's are those of shops, or of a page that rebinds its name to this port.
    if (!OWN_HOST.test(request.headers.host ?? "")) return false;
    const shop = /^\/shops\/([a-z0-9-]+\.myshopify\.com)$/i.exec(url.pathname)?.[1];
    if (request.method === "POST" && url.pathname === "/-/do") {
      await doAction(request, response, sandbox, options);
      return true;
    }
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    if (url.pathname === "/-/admin.css") sendText(response, readBrowserFile("admin.css"), "text/css");
    else if (url.pathname === "/-/control.js") sendText(response, controlScript(), "text/javascript");
    else if (url.pathname === "/") await sendOverview(response, url, sandbox, options);
    else if (shop) await sendShop(response, url, shop, sandbox, options);
    else return false;
    return true;
  });
}

async function sendOverview(
  response: ServerResponse,
  url: URL,
  { client }: Pick<Sandbox, "client">,
  options: ControlPageOptions,
): Promise<void> {
  const search = url.searchParams.get("search") ?? "";
  const page = Math.max(1, Math.floor(Number(url.searchParams.get("page"))) || 1);
  const [{ shops, total }, choices, faults, summary, now] = await Promise.all([
    client.shops({ search, offset: (page - 1) * PER_PAGE, limit: PER_PAGE }),
    client.choices(),
    client.faults.list(),
    client.ledger.summary(),
    client.clock.now(),
  ]);
  const view = { ...options, app: options.app(), now, said: said(url) };
  sendHtml(
    response,
    overviewPage({ ...view, shops, total, choices, faults, summary, search, page, perPage: PER_PAGE }),
  );
}

async function sendShop(
  response: ServerResponse,
  url: URL,
  name: string,
  { client }: Pick<Sandbox, "client">,
  options: ControlPageOptions,
): Promise<void> {
  const shop = await client.shop(name).catch(() => undefined);
  if (!shop) return sendText(response, "No such shop", "text/plain", 404);
  const [now, deliveries] = await Promise.all([client.clock.now(), client.webhooks.list({ shop: name })]);
  sendHtml(response, shopPage({ ...options, app: options.app(), now, said: said(url), shop, deliveries }));
}

async function doAction(
  request: IncomingMessage,
  response: ServerResponse,
  { client }: Pick<Sandbox, "client">,
  options: ControlPageOptions,
): Promise<void> {
  if (isCrossSite(request)) return sendText(response, "Cross-site request refused", "text/plain", 403);
  const answer = await readFields(request)
    .then((fields) => runAction(client, fields as Record<string, string>, options.app()))
    .then(
      (text) => ({ text, failed: false }),
      (error: unknown) => ({ text: error instanceof Error ? error.message : String(error), failed: true }),
    );
  if (request.headers.accept?.includes("application/json"))
    return sendJson(response, answer, answer.failed ? 422 : 200);
  // Without the script: back to the page the button was on, with what happened in its query.
  const back = new URL(request.headers.referer ?? "/", "http://control");
  back.searchParams.set("said", answer.text);
  if (answer.failed) back.searchParams.set("failed", "1");
  else back.searchParams.delete("failed");
  redirect(response, back.pathname + back.search, 303);
}

function said(url: URL): { text: string; failed: boolean } | undefined {
  const text = url.searchParams.get("said");
  return text ? { text, failed: url.searchParams.has("failed") } : undefined;
}
