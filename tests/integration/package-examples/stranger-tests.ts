// What a stranger gets from an adopted example: no call for a shop that is another's, whatever names it.
import { describe, expect, test } from "vitest";
import { BROWSER_USER_AGENT } from "../../support/browser.ts";
import { signedProxyQuery, signIdToken } from "../../support/signatures.ts";
import type { AdoptedApp } from "./adopted-app.ts";

export function testStrangers(app: AdoptedApp): void {
  describe("a stranger", { concurrent: false }, () => {
    const { page } = app.example;

    test("nobody's query makes a call for a shop that is not his", async () => {
      const shop = await app.opened("victim");
      await app.expire(shop);
      const before = await app.sandbox.client.ledger.calls({ shop });
      const headers = { "User-Agent": BROWSER_USER_AGENT };
      const host = Buffer.from(`admin.shopify.com/store/x`).toString("base64url");
      for (const path of [page, "/"]) {
        const query = new URLSearchParams({ shop, host, embedded: "1" });
        await fetch(new URL(`${path}?${query}`, app.origin), { redirect: "manual", headers });
      }
      expect(await app.sandbox.client.ledger.calls({ shop })).toEqual(before);
    });

    test("a customer's ID token and an app proxy's signature open nothing, and cause no call", async () => {
      const shop = await app.opened("customer");
      await app.expire(shop);
      const before = await app.sandbox.client.ledger.calls({ shop });
      const staff = JSON.parse(
        Buffer.from((await app.sandbox.client.idToken(shop)).split(".")[1]!, "base64url").toString("utf8"),
      ) as object;
      for (const claims of [{ sub: "gid://shopify/Customer/1" }, { sub: undefined }, { dest: shop }, { iss: shop }]) {
        const answer = await app.open(shop, signIdToken({ ...staff, ...claims }));
        expect(answer.status, JSON.stringify(claims) + app.output).toBe(401);
      }
      const proxied = new URL(`${page}?${signedProxyQuery(shop)}`, app.origin);
      await fetch(proxied, { redirect: "manual", headers: { "User-Agent": BROWSER_USER_AGENT } });
      expect(await app.sandbox.client.ledger.calls({ shop })).toEqual(before);
    });
  });
}
