// What an adopted example does with what Shopify signs: webhooks, actions of Flow, calls of a fulfillment service, and an app proxy's visits.
import { describe, expect, test, vi } from "vitest";
import { signedProxyQuery } from "../../support/signatures.ts";
import type { AdoptedApp } from "./adopted-app.ts";

export function testSignedCalls(app: AdoptedApp): void {
  describe("what Shopify signs", { concurrent: false }, () => {
    const isTemplate = app.example.table === "Session";

    test("an expired session under 20 webhooks refreshes once, and all are answered 200", async () => {
      const shop = await app.opened("hooks");
      await app.expire(shop);
      const answers = await Promise.all(Array.from({ length: 20 }, () => app.send(shop, "orders/updated")));
      expect(
        answers.map(({ status }) => status),
        app.output,
      ).toEqual(Array(20).fill(200));
      expect((await app.tokenCalls(shop)).filter(({ grant }) => grant === "refresh")).toHaveLength(1);
      await app.expectCurrent(shop);
    });

    test("webhooks of a dead shop are answered 200, and its uninstall leaves no token", async () => {
      const shop = await app.opened("dead");
      await app.sandbox.client.uninstall(shop, { webhook: false });
      await app.expire(shop);
      expect((await app.send(shop, "orders/updated")).status, app.output).toBe(200);
      expect((await app.send(shop, "app/uninstalled")).status, app.output).toBe(200);
      expect(await app.rowOf(shop)).toBeUndefined();
      // A late repetition does not touch a new installation.
      await app.sandbox.client.reinstall(shop, { token: "none" });
      expect((await app.open(shop)).status, app.output).toBe(200);
      const late = await app.send(shop, "app/uninstalled", { triggeredAt: new Date(Date.now() - 600_000) });
      expect(late.status, app.output).toBe(200);
      await app.expectCurrent(shop);
    });

    test("a webhook whose signed body names another shop than its header is refused, and changes nothing", async () => {
      const shop = await app.opened("replayed");
      const before = await app.rowOf(shop);
      const answer = await app.send(shop, "app/uninstalled", { named: "stranger.myshopify.com" });
      expect(answer.status, app.output).toBe(400);
      expect(await answer.text()).toContain("shops_disagree");
      expect(await app.rowOf(shop)).toEqual(before);
    });

    test("a signed body says neither that the app is uninstalled nor which scopes it has: Shopify does", async () => {
      const shop = await app.opened("topics");
      const before = await app.rowOf(shop);
      for (const topic of ["app/uninstalled", "app/scopes_update", "shop/redact"]) {
        const answer = await app.send(shop, topic, { more: { current: ["write_everything"] } });
        // 404 of a topic that the example does not take.
        expect([200, 404], topic + app.output).toContain(answer.status);
      }
      expect(await app.rowOf(shop)).toEqual(before);
    });

    test.runIf(isTemplate).for(["/flow", "/fulfillment_order_notification"])(
      "%s renews an expired token, is to be asked again in trouble, and refuses a dead chain for good",
      async (path) => {
        const shop = await app.opened(path.slice(1, 5));
        await app.expire(shop);
        const fault = await app.unavailable(shop);
        const later = await app.call(path, shop);
        expect([later.status, later.headers.has("retry-after")], app.output).toEqual([503, true]);
        await app.sandbox.client.faults.remove(fault);
        const answered = await vi.waitFor(
          async () => {
            const answer = await app.call(path, shop);
            expect(answer.status, app.output).toBe(200);
            return answer;
          },
          { timeout: 20_000, interval: 500 },
        );
        expect(await answered.json()).toMatchObject({ shop });
        await app.expectCurrent(shop);
        await app.sandbox.client.uninstall(shop, { webhook: false });
        await app.expire(shop);
        expect((await app.call(path, shop)).status, app.output).toBe(400);
      },
    );

    test.runIf(isTemplate)(
      "the app proxy serves a storefront, with a token or without, and no spliced shop",
      async () => {
        const [shop, victim] = [await app.opened("proxy"), await app.opened("spliced")];
        const signed = signedProxyQuery(shop);
        const visit = (search: string) => fetch(new URL(`/proxy?${search}`, app.origin));
        await Promise.all([shop, victim].map(app.expire));
        expect(await (await visit(signed)).json(), app.output).toEqual({ shop });
        await app.expectCurrent(shop);
        const before = await app.sandbox.client.ledger.calls({ shop: victim });
        expect((await visit(`shop=${victim}&${signed}`)).status).toBe(400);
        expect(await app.sandbox.client.ledger.calls({ shop: victim })).toEqual(before);
        await app.sandbox.client.uninstall(shop, { webhook: false });
        await app.expire(shop);
        expect(await (await visit(signed)).json(), app.output).toEqual({ shop: null });
      },
    );
  });
}
