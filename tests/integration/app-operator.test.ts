// Proves that the operator's routes start, show and stop a run, and refuse in words.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { signInToConsole } from "../support/console-visitor.ts";
import { testDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";

const database = testDatabase();
let sandbox: Sandbox;
let app: TestApp;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  app = await startTestApp({ sandbox, databaseUrl: database.current.url, phase: "expand" });
});
afterAll(async () => {
  await app?.expectNoSecrets();
  await app?.stop();
  await sandbox?.close();
});

const operator = (path: string, init: RequestInit = {}, target = app) =>
  fetch(target.url + path, {
    redirect: "manual",
    ...init,
    headers: { Authorization: `Bearer ${target.migrationSecret}`, ...(init.headers as object) },
  });
const start = (body: unknown) => operator("/admin/migrate-tokens", { method: "POST", body: JSON.stringify(body) });

async function seedPermanentShops(prefix: string, count: number): Promise<string[]> {
  const shops = Array.from({ length: count }, (_, n) => `${prefix}-${n}.myshopify.com`);
  const installed = await sandbox.client.installShops(shops.map((shop) => ({ shop, token: "permanent" as const })));
  await database.current.query(
    `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "scope", "accessToken")
     SELECT 'offline_' || shop, shop, '', false, 'read_products', token FROM unnest($1::text[], $2::text[]) AS t(shop, token)`,
    [shops, installed.map(({ accessToken }) => accessToken)],
  );
  return shops;
}

describe("migrating", () => {
  it("waits for the run and answers with it, then proves that no permanent token is left", async () => {
    const shops = await seedPermanentShops("migrate", 12);

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
    const rows = await database.current.query<{ shop: string; accessToken: string; refreshToken: string }>(
      `SELECT "shop", "accessToken", "refreshToken" FROM "Session" WHERE "shop" = ANY($1)`,
      [shops],
    );
    expect(await sandbox.client.ledger.orphans(rows)).toEqual([]);

    const latest = await operator("/admin/migrate-tokens");
    expect(await latest.json()).toMatchObject({ id: run.id });
    const one = await operator(`/admin/migrate-tokens/${String(run.id)}`);
    expect(one.headers.get("content-type")).toMatch(/^application\/json/);
    expect(await one.json()).toMatchObject({ id: run.id, status: "completed" });
  });

  it("answers 202 with where and when to look while it goes on, joins the run there is, streams it, and stops it", async () => {
    await seedPermanentShops("slow", 60);
    const fault = await sandbox.client.faults.add({
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
    await sandbox.client.faults.remove(fault);
  });

  it("lists every failure when asked to", async () => {
    const shops = await seedPermanentShops("gone", 3);
    for (const shop of shops) await sandbox.client.uninstall(shop, { webhook: false });
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

describe("the secret", () => {
  it("is asked for on every route", async () => {
    const paths = ["migrate-tokens", "migrate-tokens/x", "token-health", "dead-letters"].map(
      (name) => `/admin/${name}`,
    );
    for (const path of [...paths, "/metrics"]) {
      const response = await fetch(app.url + path);
      expect(response.status, path).toBe(401);
      expect(response.headers.get("www-authenticate"), path).toMatch(/^Bearer/);
      expect(await response.json(), path).toMatchObject({ code: "unauthorized", status: 401 });
    }
  });

  it("wrong too often is answered 429 with Retry-After for that address alone, and right it still opens", async () => {
    const wrong = (address: string) =>
      fetch(`${app.url}/admin/token-health`, {
        headers: { Authorization: "Bearer wrong", "X-Forwarded-For": address },
      });
    let last: Response | undefined;
    for (let n = 0; n < 12 && last?.status !== 429; n++) last = await wrong("203.0.113.7");
    expect(last!.status).toBe(429);
    expect(Number(last!.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await last!.json()).toMatchObject({ code: "too_many_attempts" });

    expect((await wrong("203.0.113.8")).status).toBe(401);
    const right = await operator("/admin/token-health", { headers: { "X-Forwarded-For": "203.0.113.7" } });
    expect(right.status).toBe(200);
  });

  it("wrong is counted under one key however the address is written, in memory that is bounded, without the database", async () => {
    const wrong = async (address: string) => {
      const headers = { Authorization: "Bearer wrong", "X-Forwarded-For": address };
      return (await fetch(`${app.url}/admin/token-health`, { headers })).status;
    };
    const spellings = ["198.51.100.9", "198.51.100.9:1", "198.51.100.9:65535", "::ffff:198.51.100.9"];
    const answers: number[] = [];
    for (let n = 0; n < 12; n++) answers.push(await wrong(spellings[n % spellings.length]!));
    expect(answers.at(-1)).toBe(429);
    const network: number[] = [];
    for (let n = 0; n < 12; n++) network.push(await wrong(`2001:db8:7:7::${n.toString(16)}`));
    expect(network.at(-1)).toBe(429);
    const noAddress: number[] = [];
    for (let n = 0; n < 12; n++) noAddress.push(await wrong(`${"x".repeat(4_000)}${n}`));
    expect(noAddress.at(-1)).toBe(429);
    const tables = await database.current.query<{ name: string | null }>(
      `SELECT to_regclass('operator_failed_attempts')::text AS name`,
    );
    expect(tables).toEqual([{ name: null }]);
  });

  it("of a monitor opens the metrics, the health of tokens and how a rotation stands, and nothing else; the previous one opens all during a rotation", async () => {
    const monitor = "monitor-0123456789abcdef0123456789";
    const previous = "previous-0123456789abcdef012345678";
    const watched = await startTestApp({
      sandbox,
      databaseUrl: database.current.url,
      env: { MONITOR_SECRET: monitor, MIGRATION_SECRET_PREVIOUS: previous },
    });
    try {
      const ask = async (path: string, secret: string, method = "GET") =>
        (await fetch(watched.url + path, { method, headers: { Authorization: `Bearer ${secret}` } })).status;
      for (const path of ["/metrics", "/admin/token-health"]) {
        expect(await ask(path, monitor), path).toBe(200);
        expect(await ask(path, watched.migrationSecret), path).toBe(200);
        expect(await ask(path, previous), path).toBe(200);
      }
      expect(await ask("/admin/client-secret", monitor)).toBe(200);
      expect(await ask("/admin/dead-letters", previous)).toBe(200);
      expect((await signInToConsole(watched, previous)).cookie).toMatch(/^operator_session=operator\./);
      for (const [path, method] of [
        ["/admin/migrate-tokens", "GET"],
        ["/admin/migrate-tokens", "POST"],
        ["/admin/migrate-tokens/x", "DELETE"],
        ["/admin/dead-letters", "GET"],
        ["/admin/dead-letters", "POST"],
        ["/admin/client-secret", "POST"],
      ] as const) {
        expect(await ask(path, monitor, method), `${method} ${path}`).toBe(401);
      }
      expect(watched.logs()).not.toContain(monitor);
      expect(watched.logs()).not.toContain(previous);
    } finally {
      await watched.stop();
    }
  });

  it("absent from the environment means that the routes do not exist", async () => {
    const closed = await startTestApp({
      sandbox,
      databaseUrl: database.current.url,
      env: { MIGRATION_SECRET: undefined },
    });
    try {
      const response = await operator("/admin/migrate-tokens", { method: "POST" }, closed);
      expect(response.status).toBe(404);
    } finally {
      await closed.stop();
    }
  });
});

describe("the wrong order", () => {
  it("a migration with token exchange off is refused with the remedy", async () => {
    const legacy = await startTestApp({ sandbox, databaseUrl: database.current.url, phase: "legacy" });
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
