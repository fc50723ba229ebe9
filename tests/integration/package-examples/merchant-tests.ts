// What a merchant meets in an adopted example: one exchange, a token that cannot be had now, and extensions' own session tokens.
import { describe, expect, test, vi } from "vitest";
import { BROWSER_USER_AGENT } from "../../support/browser.ts";
import type { AdoptedApp } from "./adopted-app.ts";

export function testMerchants(app: AdoptedApp): void {
  describe("what a merchant meets", { concurrent: false }, () => {
    test("the first open exchanges once, however many requests it makes", async () => {
      const shop = app.nameOf("first");
      await app.sandbox.client.installShop(shop, { token: "none" });
      const idToken = await app.sandbox.client.idToken(shop);
      const answers = await Promise.all(Array.from({ length: 6 }, () => app.open(shop, idToken)));
      expect(
        answers.map(({ status }) => status),
        app.output,
      ).toEqual(Array(6).fill(200));
      expect(await answers[0]!.json()).toEqual({ shop });
      expect(await app.tokenCalls(shop)).toHaveLength(1);
      await app.expectCurrent(shop);
    });

    test("a merchant whose token cannot be had now is asked to come again, and one whose ID token is refused is sent for a new one", async () => {
      const shop = app.nameOf("later");
      await app.sandbox.client.installShop(shop, { token: "none" });
      const fault = await app.unavailable(shop);
      const later = await app.open(shop);
      expect([later.status, later.headers.has("retry-after")], app.output).toEqual([503, true]);
      await app.sandbox.client.faults.remove(fault);
      const refused = await app.open(shop, "not.a.token");
      expect([302, 401, 403, 410]).toContain(refused.status);
      expect(await app.rowOf(shop)).toBeUndefined();
      await vi.waitFor(async () => expect((await app.open(shop)).status, app.output).toBe(200), {
        timeout: 20_000,
        interval: 500,
      });
    });

    test.runIf(app.example.table === "Session").for(["/checkout", "/account"])(
      "%s is served by its own session token, without a call",
      async (path) => {
        const shop = app.nameOf(path.slice(1));
        await app.sandbox.client.installShop(shop, { token: "none" });
        const headers = {
          "User-Agent": BROWSER_USER_AGENT,
          Authorization: `Bearer ${await app.sandbox.client.idToken(shop)}`,
        };
        const answer = await fetch(new URL(path, app.origin), { headers });
        expect(answer.status, app.output).toBe(200);
        expect(((await answer.json()) as { dest: string }).dest).toContain(shop);
        expect(await app.tokenCalls(shop)).toEqual([]);
      },
    );
  });
}
