import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { BROWSER_USER_AGENT } from "../../support/browser.ts";
import { signBody } from "../../support/signatures.ts";
import type { Example } from "./examples.ts";
import type { PackedExamples, ServedApp } from "./packed-examples.ts";

/** An example with the package adopted, running, for all tests of a `describe`; and what merchants, Shopify and operators ask it. */
export function adoptedApp(packed: PackedExamples, example: Example) {
  let app: ServedApp;

  beforeAll(async () => {
    if (packed.isMissing) return;
    app = await packed.serve(["serve.mjs", example.name], example, ["--sessions", example.table]);
  }, 90_000);
  beforeEach(packed.skipWithoutRegistry);
  afterAll(() => app?.database.drop());

  return {
    example,
    get sandbox() {
      return packed.sandbox;
    },
    get origin(): string {
      return app.origin;
    },
    get output(): string {
      return app.output();
    },
    get database() {
      return app.database;
    },

    /** The name of a shop of this example. */
    nameOf: (kind: string) => `${kind}-${example.name}.myshopify.com`,

    /** Nothing but App Bridge's request: what a page of the embedded app asks for. */
    open: async (shop: string, idToken?: string) =>
      fetch(new URL(`${example.page}?shop=${shop}`, app.origin), {
        redirect: "manual",
        headers: {
          "User-Agent": BROWSER_USER_AGENT,
          Authorization: `Bearer ${idToken ?? (await packed.sandbox.client.idToken(shop))}`,
        },
      }),

    /** A shop that a merchant has opened the app in. @returns its name. */
    async opened(kind: string): Promise<string> {
      const shop = this.nameOf(kind);
      await packed.sandbox.client.installShop(shop, { token: "none" });
      expect((await this.open(shop)).status, this.output).toBe(200);
      return shop;
    },

    /**
     * A webhook.
     * @param options.named the shop that the signed body of an uninstall or a redaction names; the shop itself unless told.
     * @param options.more further fields of the body.
     */
    send(shop: string, topic: string, { triggeredAt = new Date(), named = shop, more = {} } = {}) {
      const field = { "app/uninstalled": "myshopify_domain", "shop/redact": "shop_domain" }[topic];
      return this.post(example.webhooks(topic), shop, JSON.stringify({ ...(field && { [field]: named }), ...more }), {
        "X-Shopify-Topic": topic,
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": randomBytes(8).toString("hex"),
        "X-Shopify-Triggered-At": triggeredAt.toISOString(),
      });
    },
    /** As Shopify calls an action of Flow, or a fulfillment service. */
    call(path: string, shop: string) {
      return this.post(path, shop, JSON.stringify({ shopify_domain: shop, kind: "FULFILLMENT_REQUEST" }));
    },
    /** A body that Shopify has signed. */
    post: (path: string, shop: string, body: string, headers: Record<string, string> = {}) =>
      fetch(new URL(path, app.origin), {
        method: "POST",
        body,
        headers: {
          "Content-Type": "application/json",
          "X-Shopify-Shop-Domain": shop,
          "X-Shopify-Hmac-Sha256": signBody(body),
          ...headers,
        },
      }),
    /** The operator's routes. */
    operator: (path: string, secret = packed.secret, init: RequestInit = {}) =>
      fetch(new URL(`/admin/${path}`, app.origin), { ...init, headers: { Authorization: `Bearer ${secret}` } }),

    tokenCalls: (shop: string) => packed.sandbox.client.ledger.calls({ shop, endpoint: "token" }),
    async rowOf(shop: string) {
      const [row] = await app.database.query<{
        accessToken: string;
        refreshToken: string | null;
        scope: string | null;
      }>(`SELECT "accessToken", "refreshToken", "scope" FROM "${example.table}" WHERE "id" = $1`, [`offline_${shop}`]);
      return row;
    },
    /** The stored pair is the one that Shopify issued last. */
    async expectCurrent(shop: string): Promise<void> {
      expect(await packed.sandbox.client.ledger.isCurrentPair(shop, (await this.rowOf(shop))!)).toBe(true);
    },
    /** Makes the stored access token an hour old. */
    expire: (shop: string) =>
      app.database.query(`UPDATE "${example.table}" SET "expires" = ${example.expire} WHERE "shop" = $1`, [shop]),
    /** From now on no token is to be had for a shop. @returns the fault to remove. */
    unavailable: (shop: string) =>
      packed.sandbox.client.faults.add({ shop, endpoint: "token", effect: { kind: "status", status: 503 } }),
  };
}

export type AdoptedApp = ReturnType<typeof adoptedApp>;
