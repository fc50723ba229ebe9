// Proves that a stop lets what is in flight end, takes up nothing new, and ends with 0.
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp } from "../support/app-process.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";
import { openRequest } from "../support/app-requests.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox?.close());

// `expect` is each test's own: `expect.poll` of the module knows one test at a time.
describe.concurrent("SIGTERM", () => {
  it("lets a request in flight finish, accepts no other, and ends with 0", async ({ expect }) => {
    const own = await createTestDatabase();
    const draining = await startTestApp({ sandbox: sandbox, databaseUrl: own.url });
    try {
      const idle = await fetch(`${draining.url}/healthz`); // leaves an idle connection in the pool
      await idle.text();
      const body = "shop=in-flight";
      const { request, response } = openRequest(draining, "/auth/login", {
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": String(body.length),
      });
      request.write(body.slice(0, 4));
      await expect.poll(() => request.socket?.bytesWritten ?? 0).toBeGreaterThan(0);
      // The server has the request once it has answered one that was sent after it on another connection.
      await (await fetch(`${draining.url}/healthz`)).text();

      process.kill(draining.pid, "SIGTERM");
      await expect.poll(() => draining.logs()).toContain("finishing those in flight");
      await expect(fetch(`${draining.url}/healthz`, { headers: { Connection: "close" } })).rejects.toThrow();

      request.end(body.slice(4));
      const answer = await response;
      expect(answer.statusCode).toBe(302);
      expect(answer.headers.location).toContain("/auth?shop=in-flight.myshopify.com");
      expect(await draining.ended).toEqual({ code: 0, signal: null });
    } finally {
      await draining.stop();
      await own.drop();
    }
  });

  it("lets the call of a migration end, stores its pair, and ends with 0", async ({ expect }) => {
    const own = await createTestDatabase();
    const draining = await startTestApp({ sandbox: sandbox, databaseUrl: own.url });
    try {
      const { shop, accessToken } = await sandbox.client.installShop("drain-call.myshopify.com", {
        token: "permanent",
      });
      await own.query(
        `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "accessToken") VALUES ('offline_' || $1::text, $1, '', false, $2)`,
        [shop, accessToken],
      );
      await sandbox.client.faults.add({
        shop,
        endpoint: "token",
        times: 1,
        effect: { kind: "latency", afterMs: 6_000 },
      });
      await fetch(`${draining.url}/admin/migrate-tokens`, {
        method: "POST",
        headers: { Authorization: `Bearer ${draining.migrationSecret}` },
        body: JSON.stringify({ waitSeconds: 0 }),
      });
      await expect
        .poll(async () => (await sandbox.client.ledger.calls({ shop, endpoint: "token" })).length, { timeout: 10_000 })
        .toBe(1);
      process.kill(draining.pid, "SIGTERM");
      expect(await draining.ended).toEqual({ code: 0, signal: null });
      const rows = await own.query<{ shop: string; accessToken: string; refreshToken: string | null }>(
        `SELECT "shop", "accessToken", "refreshToken" FROM "Session"`,
      );
      expect(await sandbox.client.ledger.isCurrentPair(shop, rows[0]!)).toBe(true);
      expect(await own.query(`SELECT "outcome" FROM expand_contract."MigrationOutcome"`)).toEqual([
        { outcome: "migrated" },
      ]);
    } finally {
      await draining.stop();
      await own.drop();
    }
  });

  it("ends a stream and a waiting migration at once, and ends by itself when idle", async ({ expect }) => {
    const own = await createTestDatabase();
    const draining = await startTestApp({ sandbox: sandbox, databaseUrl: own.url });
    const operator = { Authorization: `Bearer ${draining.migrationSecret}` };
    try {
      const installed = await sandbox.client.installShop("drain-slow.myshopify.com", { token: "permanent" });
      await own.query(
        `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "accessToken") VALUES ('offline_' || $1::text, $1, '', false, $2)`,
        [installed.shop, installed.accessToken],
      );
      const fault = await sandbox.client.faults.add({
        shop: installed.shop,
        endpoint: "token",
        effect: { kind: "hang", ms: 20_000 },
      });
      const waiting = fetch(`${draining.url}/admin/migrate-tokens`, {
        method: "POST",
        headers: operator,
        body: JSON.stringify({ waitSeconds: 50 }),
      });
      await expect
        .poll(async () => (await sandbox.client.ledger.calls({ shop: installed.shop, endpoint: "token" })).length)
        .toBeGreaterThan(0);
      const stream = await fetch(`${draining.url}/admin/migrate-tokens`, {
        headers: { ...operator, Accept: "text/event-stream" },
      });
      const events = stream.body!.getReader();
      expect(new TextDecoder().decode((await events.read()).value)).toContain("event: run");

      process.kill(draining.pid, "SIGTERM");

      expect((await waiting).status).toBe(202);
      while (!(await events.read()).done);
      expect((await draining.ended).code).toBe(0);
      await sandbox.client.faults.remove(fault);
    } finally {
      await draining.stop();
      await own.drop();
    }
  });
});
