import { Agent, request } from "undici";
import type { Sandbox } from "../../../sandbox/start.ts";

const USER_AGENT =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36";

/** What came back: 0 when the connection broke. */
export interface Answer {
  kind: "document" | "data" | "webhook" | "callback";
  status: number;
  /** When it was asked; milliseconds, by `performance.now`. */
  at: number;
  ms: number;
  /** Why the connection broke. */
  broken?: string;
}

/** Merchants' browsers and Shopify's webhooks, as far as the app can tell. `process` says which instance the load balancer chose. */
export interface Merchants {
  /** Shopify Admin opens the app: a document in the iframe with an ID token in its address. */
  open(shop: string, process: number): Promise<Answer>;
  /** The page asks for data; App Bridge adds the ID token. */
  data(shop: string, process: number): Promise<Answer>;
  /** `app/scopes_update`, signed. In our app it enqueues a job as well. */
  webhook(shop: string, process: number): Promise<Answer>;
  /** The authorization code grant, from `/auth` to the callback. */
  installByCode(shop: string, process: number): Promise<Answer>;
  close(): Promise<void>;
}

export function createMerchants(sandbox: Sandbox, appUrl: string, addressOf: (process: number) => string): Merchants {
  const dispatcher = new Agent({ connections: 64, keepAliveTimeout: 4_000 });
  const browser = {
    "user-agent": USER_AGENT,
    "accept-language": "en",
    "x-forwarded-proto": "https",
    "x-forwarded-host": new URL(appUrl).host,
  };

  async function get(url: string, headers: Record<string, string>) {
    const answer = await request(url, { dispatcher, headers: { ...browser, ...headers } });
    await answer.body.dump({ limit: 4 * 1024 * 1024 });
    return answer;
  }

  async function timed(kind: Answer["kind"], run: () => Promise<number>): Promise<Answer> {
    const started = performance.now();
    let broken: string | undefined;
    const status = await run().catch((error: unknown) => {
      broken = String(error);
      return 0;
    });
    return { kind, status, at: started, ms: performance.now() - started, broken };
  }

  return {
    async open(shop, process) {
      const { platform } = sandbox;
      const address = platform.launchUrl(shop, { embedded: true, path: "/app", idToken: platform.idToken(shop) });
      const { pathname, search } = new URL(address);
      return timed("document", async () => {
        const headers = { accept: "text/html", "sec-fetch-dest": "iframe", "sec-fetch-mode": "navigate" };
        return (await get(addressOf(process) + pathname + search, headers)).statusCode;
      });
    },
    async data(shop, process) {
      const authorization = `Bearer ${sandbox.platform.idToken(shop)}`;
      return timed("data", async () => {
        const headers = { accept: "*/*", authorization, "sec-fetch-dest": "empty", "sec-fetch-mode": "cors" };
        return (await get(`${addressOf(process)}/app.data`, headers)).statusCode;
      });
    },
    webhook: (shop, process) =>
      timed("webhook", async () => {
        const uri = `${addressOf(process)}/webhooks/app/scopes_update`;
        return (await sandbox.client.sendWebhook(shop, "app/scopes_update", undefined, { uri, retry: false })).status;
      }),
    installByCode: (shop, process) =>
      timed("callback", async () => {
        const begun = await get(`${addressOf(process)}/auth?shop=${shop}`, { "sec-fetch-dest": "document" });
        const cookies = [begun.headers["set-cookie"] ?? []].flat().map((cookie) => cookie.split(";")[0]!);
        const consent = new URL(String(begun.headers.location));
        // The simulator answers by Host header on its plain port.
        const granted = await request(sandbox.url + consent.pathname + consent.search, {
          dispatcher,
          headers: { host: consent.host, accept: "*/*" },
        });
        await granted.body.dump();
        const { pathname, search } = new URL(String(granted.headers.location));
        return (await get(addressOf(process) + pathname + search, { cookie: cookies.join("; ") })).statusCode;
      }),
    close: () => dispatcher.close(),
  };
}
