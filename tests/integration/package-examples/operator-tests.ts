// What an operator of an adopted example gets: a run by POST, health, the other routes behind the same door, and a background job's token.
import { describe, expect, test } from "vitest";
import { TEST_APP } from "../../support/sandbox.ts";
import type { AdoptedApp } from "./adopted-app.ts";
import type { PackedExamples } from "./packed-examples.ts";

export function testOperators(packed: PackedExamples, app: AdoptedApp): void {
  describe("an operator", { concurrent: false }, () => {
    test("permanent rows are migrated by POST, and a stranger may not start it", async () => {
      const shops = ["p1", "p2", "p3"].map(app.nameOf);
      for (const shop of shops) {
        const { accessToken } = await app.sandbox.client.installShop(shop, { token: "permanent" });
        await app.database.query(
          `INSERT INTO "${app.example.table}" ("id", "shop", "state", "isOnline", "scope", "accessToken") VALUES ($1, $2, '', false, $3, $4)`,
          [`offline_${shop}`, shop, TEST_APP.scopes.join(","), accessToken],
        );
      }
      const start = { method: "POST", body: '{"waitSeconds": 50}' };
      expect((await app.operator("migrate-tokens", "wrong", start)).status).toBe(401);
      const answer = await app.operator("migrate-tokens", packed.secret, start);
      expect(await answer.json(), app.output).toMatchObject({ status: "completed", migrated: 3, permanentTokens: 0 });
      for (const shop of shops) await app.expectCurrent(shop);
      const health = await app.operator("token-health");
      expect(await health.json()).toMatchObject({ verdict: "clean", permanentTokens: 0 });
      const look = async (path: string) => (await app.operator(`shops${path}`)).json();
      const listed = (await look("?state=expiring&outcome=migrated&limit=200")) as { shops: { shop: string }[] };
      expect(listed.shops.map(({ shop }) => shop)).toEqual(shops.toSorted());
      expect(await look(`/${shops[0]}`)).toMatchObject({ shop: shops[0], state: "expiring", otherRows: [] });
    }, 90_000);

    test("its operator's routes: dead letters, metrics and readiness, behind the same door", async () => {
      for (const path of ["dead-letters", "metrics"]) {
        expect((await app.operator(path, "wrong")).status).toBe(401);
        expect((await app.operator(path, packed.secret, { method: "DELETE" })).status).toBe(405);
      }
      expect(await (await app.operator("dead-letters")).json()).toEqual({ count: 0, deadLetters: [] });
      const retried = await app.operator("dead-letters", packed.secret, { method: "POST" });
      expect(await retried.json()).toMatchObject({ retried: 0 });
      const metrics = await (await app.operator("metrics")).text();
      expect(metrics).toMatch(/^tokens\{kind="expiring"\} [1-9]/m);
      expect(metrics).toMatch(/^token_calls_total\{grant="exchange",result="ok"\} [1-9]/m);
      expect(metrics).toMatch(/^client_secret_rotating 0$/m);
      expect(metrics).not.toContain("myshopify.com");
      expect(await (await app.operator("client-secret")).json()).toMatchObject({
        clientSecret: { rotating: false, shops: [] },
      });
      const ready = await fetch(new URL("/admin/readyz", app.origin));
      expect([ready.status, await ready.json()]).toEqual([200, { status: "ready" }]);
      const doctor = await packed
        .command(["doctor", "--url", app.origin, "--json"], { MIGRATION_SECRET: packed.secret })
        .catch((error: { stdout: string }) => error);
      expect(doctor.stdout).not.toMatch(/not ready/);
      expect(JSON.parse(doctor.stdout)).toMatchObject({ health: { phase: "expand" }, nextStep: expect.any(String) });
      expect(doctor.stdout, "the app's own switches and commands").not.toMatch(
        /LEGACY_INSTALL_FLOW|TOKEN_EXCHANGE_|npm run /,
      );
    });

    test("a job gets a fresh token, by shop", async () => {
      const shop = await app.opened("job");
      await app.expire(shop);
      const answer = await fetch(new URL(`/job?shop=${shop}`, app.origin), { method: "POST" });
      expect(await answer.text(), app.output).toBe(shop);
      await app.expectCurrent(shop);
    });
  });
}
