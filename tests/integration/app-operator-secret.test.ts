// Proves that the operator's secret opens each of its routes and a wrong one none, is guessed slowly, and that a monitor's opens what a monitor reads.
import { describe, expect, it } from "vitest";
import { readSession } from "../../app/operator/console/door/console-session.ts";
import { startTestApp } from "../support/app-process.ts";
import { signInToConsole } from "../support/console-visitor.ts";
import { appHarness } from "./app-harness.ts";

const world = appHarness();
const { operator } = world;

describe("the secret", () => {
  it("is asked for on every route", async () => {
    const paths = ["migrate-tokens", "migrate-tokens/x", "token-health", "dead-letters"].map(
      (name) => `/admin/${name}`,
    );
    for (const path of [...paths, "/metrics"]) {
      const response = await fetch(world.app.url + path);
      expect(response.status, path).toBe(401);
      expect(response.headers.get("www-authenticate"), path).toMatch(/^Bearer/);
      expect(await response.json(), path).toMatchObject({ code: "unauthorized", status: 401 });
    }
  });

  it("wrong too often is answered 429 with Retry-After for that address alone, and right it still opens", async () => {
    const wrong = (address: string) =>
      fetch(`${world.app.url}/admin/token-health`, {
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
      return (await fetch(`${world.app.url}/admin/token-health`, { headers })).status;
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
    const tables = await world.database.query<{ name: string | null }>(
      `SELECT to_regclass('operator_failed_attempts')::text AS name`,
    );
    expect(tables).toEqual([{ name: null }]);
  });

  it("of a monitor opens the metrics, the health of tokens and how a rotation stands, and nothing else; the previous one opens all during a rotation", async () => {
    const monitor = "monitor-0123456789abcdef0123456789";
    const previous = "previous-0123456789abcdef012345678";
    const watched = await startTestApp({
      sandbox: world.sandbox,
      databaseUrl: world.database.url,
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
      const { cookie } = await signInToConsole(watched, previous);
      expect(cookie).toMatch(/^operator_session=operator\./);
      const page = await fetch(`${watched.url}/admin`, { headers: { Cookie: cookie }, redirect: "manual" });
      expect(page.status).toBe(200);
      // Its session ends when it is taken out.
      const session = (secret: string) =>
        readSession({ operator: [secret], monitor: [] }, cookie.slice("operator_session=".length), Date.now());
      expect(session(previous)).toBeDefined();
      expect(session(watched.migrationSecret)).toBeUndefined();
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
      sandbox: world.sandbox,
      databaseUrl: world.database.url,
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
