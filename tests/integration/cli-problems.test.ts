// Proves that what goes wrong between the command line and the app is explained in words, with code 2 and without the secret.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFreePort } from "../../scripts/free-port.ts";
import { cliAppHarness, startTokens } from "./cli-harness.ts";

const world = cliAppHarness();

describe("what goes wrong is explained, with code 2 and without the secret", { timeout: 60_000 }, () => {
  let foreign: Server;
  let foreignUrl: string;
  beforeAll(async () => {
    await world.restart("expand");
    // Something else at the address: a page for everybody, and a redirect for one path.
    foreign = createServer(({ url }, response) => {
      if (url?.startsWith("/admin/shops")) response.writeHead(502).end("<h1>Bad Gateway</h1>");
      else if (url === "/admin/token-health") response.writeHead(301, { Location: "https://www.example.com/" }).end();
      else response.writeHead(200, { "Content-Type": "text/html" }).end("<h1>Welcome</h1>");
    }).listen(0, "127.0.0.1");
    await once(foreign, "listening");
    foreignUrl = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    foreign?.close();
  });

  async function problem(args: string[], env: Record<string, string> = {}): Promise<string> {
    const { code, out, err } = await world.tokens(args, env);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err.includes(env.MIGRATION_SECRET || world.secret), "the secret").toBe(false);
    return err;
  }

  it.concurrent("a wrong secret, and none", async () => {
    const wrong = await problem(["status"], { MIGRATION_SECRET: "not-the-secret-but-long-enough-to-be" });
    expect(wrong).toMatch(/does not accept this MIGRATION_SECRET/);
    expect(await problem(["status", "--config"], {})).toMatch(/unknown option/);
    const none = await startTokens(["status", "--url", world.app!.url], {}).ended;
    expect(none).toMatchObject({ code: 2 });
    expect(none.err).toMatch(/export MIGRATION_SECRET/);
  });

  it.concurrent("no run yet is said, for machines too", async () => {
    await world.database.query(`DELETE FROM expand_contract."MigrationRun"`);
    for (const [command, code] of [
      ["status", 0],
      ["runs", 0],
      ["failures", 0],
      ["stop", 0],
      ["watch", 1],
    ] as const) {
      const said = await world.tokens([command]);
      expect(said).toMatchObject({ code, err: "" });
      expect(said.out).toMatch(/^No run has been started yet\. Rehearse one: /);
    }
    expect(JSON.parse((await world.tokens(["status", "--json"])).out)).toMatchObject({ run: null });
    expect(JSON.parse((await world.tokens(["runs", "--json"])).out)).toEqual({ runs: [] });
    expect(await problem(["failures", "no-such-run"])).toContain(`${world.app!.url} has no such run`);
    expect((await world.tokens(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.concurrent("options, by the app's own judgement", async () => {
    expect(await problem(["migrate", "--waves", "10%,5%"])).toMatch(
      /Correct: --waves must be rising percentages .*; "5%" is not/,
    );
    expect(await problem(["migrate", "--limit", "many"])).toMatch(/It must be a whole number/);
    expect(await problem(["shops", "--limit", "0"])).toMatch(/It must be a whole number, 1 or more/);
    expect(await problem(["runs", "--limit", "101"])).toMatch(/It must be 100 or less/);
    // The next option is not taken for a shop, or the command would go to another address than the one that was given.
    expect(await problem(["migrate", "--shop", "--url", world.app!.url])).toMatch(
      /'--url' is invalid. It must be a shop's domain/,
    );
    expect(await problem(["shops", "--run", "no-such-run"])).toContain(`${world.app!.url} has no such run`);
    expect(await problem(["shop", "no-such-shop"])).toMatch(/knows no such shop[\s\S]*`shops --search/);
    expect(await problem(["migrate", "--verify", "some"])).toMatch(/Allowed choices/);
    expect(await problem(["mirgate"])).toMatch(/unknown command 'mirgate'[\s\S]*Did you mean migrate/);
  });

  it.concurrent("an address where nobody listens, https where there is none, and something else", async () => {
    const nobody = `http://127.0.0.1:${await findFreePort()}`;
    expect(await problem(["status", "--url", nobody])).toMatch(/nothing listens there/);
    expect(await problem(["migrate", "--url", nobody])).toMatch(/nothing listens there/);
    expect(await problem(["status", "--url", world.app!.url.replace("http:", "https:")])).toMatch(
      /does not speak https/,
    );
    expect(await problem(["status", "--url", foreignUrl])).toMatch(/answers, but not as this app does/);
    expect(await problem(["shops", "--url", foreignUrl])).toMatch(/answered 502, and not as this app does/);
    expect(await problem(["doctor", "--url", foreignUrl])).toMatch(/points to https:\/\/www\.example\.com/);
  });

  it.concurrent("a proxy whose app is down: nothing is said of a database that was not asked", async () => {
    const proxy = createServer((_request, response) => {
      response.writeHead(502, { "Content-Type": "text/html" }).end("<h1>502 Bad Gateway</h1>");
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const said = await problem(["doctor", "--url", url]);
    expect(said).toContain(`${url} answered 502`);
    expect(said).not.toMatch(/database/);
    proxy.close();
  });

  it("an app without the operator's routes", async () => {
    await world.restart("expand", { MIGRATION_SECRET: undefined });
    expect(await problem(["doctor"])).toMatch(/runs without MIGRATION_SECRET[\s\S]*restart it/);
  });
});
