// Proves that the operator's routes start, show and stop a run, and refuse in words.
import { describe, expect, it } from "vitest";
import { startTestApp } from "../support/app-process.ts";
import { appHarness } from "./app-harness.ts";
import { seedPermanentShops } from "./cli-harness.ts";

const world = appHarness();
const { operator } = world;

const start = (body: unknown) => operator("/admin/migrate-tokens", { method: "POST", body: JSON.stringify(body) });

describe("migrating", () => {
  it("waits for the run and answers with it, then proves that no permanent token is left", async () => {
    const shops = await seedPermanentShops(world.sandbox, world.database, "migrate", 12);

    const response = await start({ waitSeconds: 20 });

    expect(response.status).toBe(200);
    const run = (await response.json()) as Record<string, unknown>;
    expect(run).toMatchObject({
      status: "completed",
      total: 12,
      migrated: 12,
      failed: 0,
      remaining: 0,
      permanentTokens: 0,
      failures: [],
    });
    const rows = await world.database.query<{ shop: string; accessToken: string; refreshToken: string }>(
      `SELECT "shop", "accessToken", "refreshToken" FROM "Session" WHERE "shop" = ANY($1)`,
      [shops],
    );
    expect(await world.sandbox.client.ledger.orphans(rows)).toEqual([]);

    const latest = await operator("/admin/migrate-tokens");
    expect(await latest.json()).toMatchObject({ id: run.id });
    const one = await operator(`/admin/migrate-tokens/${String(run.id)}`);
    expect(one.headers.get("content-type")).toMatch(/^application\/json/);
    expect(await one.json()).toMatchObject({ id: run.id, status: "completed" });
  });

  it("answers 202 with where and when to look while it goes on, joins the run there is, streams it, and stops it", async () => {
    await seedPermanentShops(world.sandbox, world.database, "slow", 60);
    const fault = await world.sandbox.client.faults.add({
      shop: "slow-*",
      endpoint: "token",
      effect: { kind: "latency", beforeMs: 400 },
    });

    const begun = await start({ waitSeconds: 0, concurrency: 2 });
    expect(begun.status).toBe(202);
    const run = (await begun.json()) as { id: string; status: string; joined: boolean };
    expect(run).toMatchObject({ status: "running", joined: false });
    expect(begun.headers.get("location")).toBe(`/admin/migrate-tokens/${run.id}`);
    expect(Number(begun.headers.get("retry-after"))).toBeGreaterThan(0);

    const joined = await start({ waitSeconds: 0 });
    expect(joined.status).toBe(202);
    expect(await joined.json()).toMatchObject({ id: run.id, joined: true });

    const events = await operator(`/admin/migrate-tokens/${run.id}`, { headers: { Accept: "text/event-stream" } });
    expect(events.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const first = await firstChunk(events);
    expect(first).toMatch(/^event: run\ndata: \{.*"status":"running".*\}\n\n$/s);

    const lines = await operator("/admin/migrate-tokens", { headers: { Accept: "application/x-ndjson" } });
    expect(lines.headers.get("content-type")).toMatch(/^application\/x-ndjson/);

    const stopped = await operator(`/admin/migrate-tokens/${run.id}`, { method: "DELETE" });
    expect([200, 202]).toContain(stopped.status);
    const read = (await lines.text()).trim().split("\n");
    expect(JSON.parse(read.at(-1)!)).toMatchObject({ id: run.id, status: "stopped" });
    await world.sandbox.client.faults.remove(fault);
  });

  it("lists every failure when asked to", async () => {
    const shops = await seedPermanentShops(world.sandbox, world.database, "gone", 3);
    for (const shop of shops) await world.sandbox.client.uninstall(shop, { webhook: false });
    const run = (await (await start({ shops, waitSeconds: 20 })).json()) as { id: string };
    const all = (await (await operator(`/admin/migrate-tokens/${run.id}?failures=all`)).json()) as {
      id: string;
      failures: { shop: string }[];
    };
    expect(all.id).toBe(run.id);
    expect(all.failures.map(({ shop }) => shop).sort()).toEqual(shops);
  });

  it("names each field that cannot be used", async () => {
    const response = await start({ limit: -1, shops: ["no shop"], waitSeconds: 56, colour: "red" });
    expect(response.status).toBe(422);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    const problem = (await response.json()) as { code: string; errors: { field: string }[] };
    expect(problem.code).toBe("invalid_request");
    expect(problem.errors.map(({ field }) => field).sort()).toEqual(["colour", "limit", "shops.0", "waitSeconds"]);

    const notJson = await operator("/admin/migrate-tokens", { method: "POST", body: "{" });
    expect(notJson.status).toBe(422);
    expect(await notJson.json()).toMatchObject({ code: "invalid_request", errors: [{ field: "body" }] });
  });

  it("answers 404 for a run that is not there", async () => {
    for (const method of ["GET", "DELETE"]) {
      const response = await operator("/admin/migrate-tokens/no-such-run", { method });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: "run_not_found" });
    }
  });
});

describe("methods", () => {
  it.each([
    ["PUT", "/admin/migrate-tokens", "GET, HEAD, POST"],
    ["DELETE", "/admin/migrate-tokens", "GET, HEAD, POST"],
    ["OPTIONS", "/admin/migrate-tokens", "GET, HEAD, POST"],
    ["PUT", "/admin/migrate-tokens/some-run", "GET, HEAD, POST, DELETE"],
    ["POST", "/admin/token-health", "GET, HEAD"],
    ["DELETE", "/admin/dead-letters", "GET, HEAD, POST"],
    ["PATCH", "/metrics", "GET, HEAD"],
  ])("%s %s is answered 405", async (method, path, allow) => {
    const response = await operator(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
    expect(await response.json()).toMatchObject({ code: "method_not_allowed" });
  });

  it("HEAD is GET without a body", async () => {
    for (const path of ["/admin/token-health", "/admin/dead-letters", "/metrics", "/admin/migrate-tokens"]) {
      const response = await operator(path, { method: "HEAD" });
      expect(response.status, path).toBe(200);
      expect(await response.text(), path).toBe("");
    }
  });
});

describe("the wrong order", () => {
  it("a migration with token exchange off is refused with the remedy", async () => {
    const legacy = await startTestApp({ sandbox: world.sandbox, databaseUrl: world.database.url, phase: "legacy" });
    try {
      const response = await operator("/admin/migrate-tokens", { method: "POST" }, legacy);
      expect(response.status).toBe(409);
      const problem = (await response.json()) as { code: string; detail: string };
      expect(problem.code).toBe("flow_not_ready");
      expect(problem.detail).toContain("TOKEN_EXCHANGE_ENABLED=true");
    } finally {
      await legacy.stop();
    }
  });
});

describe("metrics", () => {
  it("are Prometheus text with the requests served, and never name a shop", async () => {
    const text = await (await operator("/metrics")).text();
    expect(text).toMatch(/^http_requests_total\{method="POST",route="\/admin\/migrate-tokens",status="200"\} \d+/m);
    expect(text).toMatch(/^token_calls_total\{grant="\w+",result="\w+"\} \d+/m);
    expect(text).not.toContain("myshopify.com");
  });
});

async function firstChunk(response: Response): Promise<string> {
  const reader = response.body!.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}
