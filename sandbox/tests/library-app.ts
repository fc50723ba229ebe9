import "@shopify/shopify-app-remix/adapters/node";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { LogSeverity, Session } from "@shopify/shopify-api";
import { AppDistribution, shopifyApp } from "@shopify/shopify-app-remix/server";
import { beforeEach } from "vitest";

import type { SandboxClient } from "../client.ts";
import { APP, setUpContract } from "./support.ts";

export const BROWSER =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36";

/** Rows as a database keeps them: whole, by id, the last writer wins, and never the object that was handed in. */
export class MemorySessionStorage {
  readonly rows = new Map<string, ReturnType<Session["toObject"]>>();

  async storeSession(session: Session): Promise<boolean> {
    await nextTurn();
    this.rows.set(session.id, { ...session.toObject() });
    return true;
  }
  async loadSession(id: string): Promise<Session | undefined> {
    await nextTurn();
    const row = this.rows.get(id);
    return row && new Session({ ...row });
  }
  async deleteSession(id: string): Promise<boolean> {
    return this.rows.delete(id);
  }
  async deleteSessions(ids: string[]): Promise<boolean> {
    for (const id of ids) this.rows.delete(id);
    return true;
  }
  async findSessionsByShop(shop: string): Promise<Session[]> {
    return [...this.rows.values()].filter((row) => row.shop === shop).map((row) => new Session({ ...row }));
  }
  /** The offline row of a shop, as the ledger's questions take it. */
  row(shop: string): { shop: string; accessToken: string; refreshToken: string | null } {
    const row = this.rows.get(`offline_${shop}`);
    return { shop, accessToken: row?.accessToken ?? "", refreshToken: row?.refreshToken ?? null };
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The unmodified @shopify/shopify-app-remix with nothing of ours around it. */
export function createLibraryApp(o: { storage: MemorySessionStorage; tokenExchange?: boolean; expiring?: boolean }) {
  return shopifyApp({
    apiKey: APP.clientId,
    apiSecretKey: APP.clientSecret,
    apiVersion: "2026-10" as never,
    scopes: APP.scopes,
    appUrl: APP.url,
    authPathPrefix: "/auth",
    sessionStorage: o.storage,
    distribution: AppDistribution.AppStore,
    logger: { level: LogSeverity.Error, log: () => undefined },
    future: {
      unstable_newEmbeddedAuthStrategy: o.tokenExchange ?? true,
      expiringOfflineAccessTokens: o.expiring ?? true,
    },
  });
}

export type LibraryApp = ReturnType<typeof createLibraryApp>;

export type Loader = (request: Request) => Promise<unknown>;

/** Runs a loader as Remix does: what it throws as a Response is the answer. */
export async function answerOf(loader: Loader, request: Request): Promise<Response> {
  try {
    await loader(request);
    return new Response("ok");
  } catch (thrown) {
    if (thrown instanceof Response) return thrown;
    throw thrown;
  }
}

/** A request that the embedded page makes for data: a session token in the header. */
export async function dataRequest(
  client: SandboxClient,
  shop: string,
  o: { userAgent?: string } = {},
): Promise<Request> {
  return new Request(`${APP.url}/app?shop=${shop}`, {
    headers: { authorization: `Bearer ${await client.idToken(shop)}`, "user-agent": o.userAgent ?? BROWSER },
  });
}

/** The document that the Admin puts into its iframe. */
export async function documentRequest(client: SandboxClient, shop: string): Promise<Request> {
  return new Request(await client.launchUrl(shop, { path: "/app" }), { headers: { "user-agent": BROWSER } });
}

/** Serves one loader over HTTP, so that the simulator can deliver webhooks to it. */
export async function serveLoader(loader: Loader): Promise<{ origin: string; close(): Promise<void> }> {
  const server: Server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const request = new Request(APP.url + (incoming.url ?? "/"), {
        method: incoming.method,
        headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]),
        body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
      });
      answerOf(loader, request).then(
        (response) => outgoing.writeHead(response.status).end(),
        () => outgoing.writeHead(500).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The unmodified libraries for a whole test file: a fresh app and an empty storage for each test, and one simulator. */
export function setUpLibraryApp() {
  const contract = setUpContract();
  const { client } = contract;
  let storage: MemorySessionStorage;
  let app: LibraryApp;
  beforeEach(() => {
    storage = new MemorySessionStorage();
    app = createLibraryApp({ storage });
  });
  const tokenCalls = async (shop: string, grant: "id_token" | "refresh"): Promise<number> =>
    (await client().ledger.calls({ shop, endpoint: "token", grant })).length;
  return {
    contract,
    client,
    get storage() {
      return storage;
    },
    get app() {
      return app;
    },
    exchanges: (shop: string) => tokenCalls(shop, "id_token"),
    refreshes: (shop: string) => tokenCalls(shop, "refresh"),
    /** A stored pair that the app believes to have ended (its clock is the wall's). */
    async storeExpiredPair(shop: string): Promise<void> {
      await client().installShop(shop);
      const session = await contract.acquire(shop);
      session.expires = new Date(Date.now() - 1_000);
      await storage.storeSession(session);
    },
  };
}
