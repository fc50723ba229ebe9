// Proves that doctor names what is wrong and the next safe step, in each phase.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { findFreePort } from "../../scripts/free-port.ts";
import { startTestApp, type TestApp, type TestAppOptions } from "../support/app-process.ts";
import { testDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";
import { seedPermanentShops, startTokens } from "./cli-harness.ts";

const SECRET = randomBytes(32).toString("hex");
const database = testDatabase();
let sandbox: Sandbox;
let folder: string;
let app: TestApp | undefined;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  folder = await mkdtemp(join(tmpdir(), "cli-doctor-"));
  for (const value of [true, false])
    await writeFile(join(folder, `${value}.toml`), `[access_scopes]\nuse_legacy_install_flow = ${value}\n`);
});
afterAll(async () => {
  await app?.stop();
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

async function restart(phase: TestAppOptions["phase"], env: Record<string, string | undefined> = {}): Promise<TestApp> {
  await app?.stop();
  return (app = await startTestApp({
    sandbox,
    databaseUrl: database.current.url,
    phase,
    env: { MIGRATION_SECRET: SECRET, ...env },
  }));
}

const tokens = (args: string[], env: Record<string, string> = {}) =>
  startTokens(args, { MIGRATION_SECRET: SECRET, APP_URL: app?.url, ...env }).ended;
const doctor = (toml: boolean) => tokens(["doctor", "--config", join(folder, `${toml}.toml`)]);

/** One job that was put off too often, and one that carries what no job may carry; the app runs both. */
async function buryJobs(): Promise<void> {
  const shop = "doctor-0.myshopify.com";
  const fault = await sandbox.client.faults.add({ shop, endpoint: "graphql", effect: { kind: "status", status: 503 } });
  await database.current.query(
    `INSERT INTO expand_contract_jobs.job (name, data, dead_letter) SELECT 'refresh-shop', data, 'dead-letters' FROM unnest($1::jsonb[]) AS t(data)`,
    [
      [
        { shop, postponed: 100 },
        { shop, accessToken: "x" },
      ].map((data) => JSON.stringify(data)),
    ],
  );
  const isDone = async () => {
    const { out } = await tokens(["dead-letters", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ count: 2 });
  };
  await vi.waitFor(isDone, { timeout: 20_000, interval: 100 });
  await sandbox.client.faults.remove(fault);
}

// One after the other, as an operator goes through them: each phase takes up the database of the one before.
describe("doctor", { timeout: 60_000 }, () => {
  it("in legacy names the door to open first, and a file that is ahead; migrating is refused", async () => {
    await restart("legacy");
    await seedPermanentShops(sandbox, database.current, "doctor", 3);
    const legacy = await doctor(true);
    expect(legacy.out).toMatch(
      /is in the phase legacy: migrating[\s\S]*! 3 permanent tokens to migrate[\s\S]*Next: Expand: set/,
    );
    expect(legacy.code).toBe(0);
    const tooEarly = await doctor(false);
    expect(tooEarly.out).toMatch(/✗ .*use_legacy_install_flow = false[\s\S]*Next: Set use_legacy_install_flow = true/);
    expect(tooEarly.code).toBe(1);
    const refused = await tokens(["migrate"]);
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toMatch(/not ready[\s\S]*Expand first: set TOKEN_EXCHANGE_ENABLED=true/);
  });

  it("in expand leads through the migration to contract", async () => {
    await restart("expand");
    const expand = await doctor(true);
    expect(expand.out).toMatch(/phase expand: migrating[\s\S]*Next: Migrate the 3 permanent tokens/);
    expect(expand.code).toBe(0);
    expect((await tokens(["migrate"])).code).toBe(0);
    expect((await doctor(true)).out).toMatch(
      /phase expand: clean[\s\S]*✓ no permanent token[\s\S]*Next: Contract: set/,
    );
  });

  it("names the column that would keep a new token from being stored, with what mends it; the app is not ready until then", async () => {
    const readyz = async () => (await fetch(`${app!.url}/readyz`)).status;
    await database.current.query(`ALTER TABLE "Session" ADD COLUMN "updatedAt" timestamp(3) NOT NULL DEFAULT now()`);
    await database.current.query(`ALTER TABLE "Session" ALTER COLUMN "updatedAt" DROP DEFAULT`);
    await vi.waitFor(async () => expect(await readyz()).toBe(503), { timeout: 15_000, interval: 500 });
    const said = await doctor(true);
    expect(said.code).toBe(1);
    expect(said.out).toMatch(
      /✗ the database would not keep a new token: the column "updatedAt" of "Session" is NOT NULL/,
    );
    expect(said.out).toMatch(/Next: Mend the database[^\n]*ALTER TABLE "Session" ALTER COLUMN "updatedAt" SET DEFAULT/);
    await database.current.query(`ALTER TABLE "Session" DROP COLUMN "updatedAt"`);
    await vi.waitFor(async () => expect(await readyz()).toBe(200), { timeout: 10_000, interval: 250 });
    expect((await doctor(true)).out).toMatch(/✓ the database keeps a new token/);
  });

  const UNUSABLE = [
    {
      name: "that is missing",
      spoil: `ALTER TABLE "Session" RENAME TO elsewhere`,
      mend: `ALTER TABLE elsewhere RENAME TO "Session"`,
      words: /the table "Session" is missing/,
    },
    {
      name: "whose tokens are bytes; mended as said",
      spoil: `DROP INDEX "Session_unrefreshable_idx", "Session_unrefreshable_shop_idx";
        ALTER TABLE "Session" ALTER COLUMN "refreshToken" TYPE bytea USING convert_to("refreshToken", 'UTF8')`,
      words: /"refreshToken" of type bytea.*(ALTER TABLE "Session" ALTER COLUMN "refreshToken" TYPE text [^;]*;)/,
    },
    {
      name: "whose schema is behind",
      spoil: `CREATE TABLE kept AS SELECT * FROM expand_contract."SchemaStep";
        DELETE FROM expand_contract."SchemaStep" WHERE "name" = (SELECT max("name") FROM kept)`,
      mend: `INSERT INTO expand_contract."SchemaStep" SELECT * FROM kept WHERE "name" NOT IN (SELECT "name" FROM expand_contract."SchemaStep"); DROP TABLE kept`,
      words: /the database lacks step [^ ]+\. Run npm run db:deploy/,
    },
  ];
  it.each(UNUSABLE)("readiness, health and doctor agree about a table $name", async ({ spoil, mend, words }) => {
    const get = (path: string) => fetch(`${app!.url}${path}`, { headers: { Authorization: `Bearer ${SECRET}` } });
    await database.current.query(spoil);
    let remedy = "";
    try {
      await vi.waitFor(async () => expect((await get("/readyz")).status).toBe(503), {
        timeout: 15_000,
        interval: 500,
      });
      const health = await get("/admin/token-health");
      const report = (await health.json()) as {
        code?: string;
        detail?: string;
        storageProblem?: string;
        nextStep?: string;
      };
      expect(report.storageProblem ?? report.detail).toMatch(words);
      if (health.status === 503) expect(report.code).toBe("storage_unfit");
      else expect(report.nextStep).toMatch(/^Mend the database/);
      const said = await doctor(true);
      expect(said.code).toBe(1);
      expect(said.out).toMatch(/✗ the app is not ready/);
      expect(said.out).toMatch(words);
      expect(said.out).toMatch(new RegExp(`Next: Mend the database.*${words.source}`));
      remedy = words.exec(said.out)?.[1] ?? "";
    } finally {
      await database.current.query(mend ?? remedy);
    }
    await vi.waitFor(async () => expect((await get("/readyz")).status).toBe(200), { timeout: 15_000, interval: 250 });
    expect((await doctor(true)).out).toMatch(/✓ the database keeps a new token/);
  });

  it("a row or a table that another transaction holds takes no instance out of the traffic; who holds the table is said", async () => {
    const holder = new pg.Client({ connectionString: database.current.url, application_name: "index builder" });
    await holder.connect();
    try {
      const readyz = async () => (await fetch(`${app!.url}/readyz`)).status;
      await holder.query(`BEGIN; SELECT 1 FROM "Session" FOR UPDATE`);
      expect((await doctor(true)).out).toMatch(/✓ the database keeps a new token/);
      expect(await readyz()).toBe(200);
      await holder.query(`LOCK TABLE "Session" IN SHARE MODE`);
      await vi.waitFor(
        async () =>
          expect((await doctor(true)).out).toMatch(
            /✗ .*"Session" is locked by the process \d+ of Postgres \(idle in transaction, "index builder"/,
          ),
        { timeout: 20_000, interval: 500 },
      );
      expect(await readyz()).toBe(200);
    } finally {
      await holder.end();
    }
    await vi.waitFor(async () => expect((await doctor(true)).code).toBe(0), { timeout: 10_000, interval: 500 });
  });

  it("shows background jobs that failed for good, and gives them another chance", async () => {
    expect(await tokens(["dead-letters"])).toMatchObject({ code: 0, out: expect.stringMatching(/^No background job/) });
    await buryJobs();
    expect((await doctor(true)).out).toMatch(/! 2 background jobs failed for good.*dead-letters/);

    const shown = await tokens(["dead-letters"]);
    expect(shown.out).toMatch(
      /^2 background jobs failed for good:\n[\s\S]*refresh-shop {2}doctor-0\.myshopify\.com {2}\(http_503, 1 attempt\)/,
    );
    expect(shown.out).toMatch(/Once the cause is repaired: .*dead-letters --retry/);

    const retried = await tokens(["dead-letters", "--retry", "--json"]);
    expect(JSON.parse(retried.out)).toMatchObject({
      retried: 1,
      count: 1,
      deadLetters: [{ job: "refresh-shop", code: "invalid_job_payload" }],
    });
    expect((await tokens(["dead-letters", "--retry"])).out).toMatch(
      /^0 background jobs given.*\n1 background job failed/,
    );
  });

  it("tries an application-only token on the platform, and says what is missing without a key", async () => {
    const shop = "doctor-probe.myshopify.com";
    const probe = (name: string) => tokens(["doctor", "--probe-application-token", name]);
    await sandbox.client.installShop(shop);
    const without = await probe(shop);
    expect(without).toMatchObject({ code: 1 });
    expect(without.out).toMatch(/no_key[^]*SHOPIFY_APP_PRIVATE_KEY and SHOPIFY_APP_KEY_ID/);

    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    await sandbox.client.appKeys.add("doctor", publicKey.export({ type: "spki", format: "pem" }) as string);
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
    const running = await restart("expand", { SHOPIFY_APP_PRIVATE_KEY: pem, SHOPIFY_APP_KEY_ID: "doctor" });
    const said = await probe(shop);
    expect(said).toMatchObject({ code: 0, err: "" });
    expect(said.out).toMatch(/3600 s, and the Admin API accepts it/);
    expect(await probe("nonsense")).toMatchObject({ code: 2 });
    expect(await sandbox.client.ledger.findSecrets(said.out + running.logs())).toEqual([]);
    await restart("expand");
  });

  it("in contract sees a file that is behind, and a permanent token that came from outside", async () => {
    await restart("contract");
    const contract = await doctor(false);
    expect(contract.out).toMatch(/phase contract: clean/);
    expect(contract.code).toBe(0);
    const behind = await doctor(true);
    expect(behind.out).toMatch(/✗ .*new merchants cannot install/);
    expect(behind.code).toBe(1);

    await seedPermanentShops(sandbox, database.current, "stray", 1);
    const regression = await doctor(false);
    expect(regression.out).toMatch(/phase contract: regression\n {2}✗ permanent tokens were stored after contract/);
    expect(regression.code).toBe(1);
    const machine = await tokens(["doctor", "--json", "--config", join(folder, "false.toml")]);
    expect(JSON.parse(machine.out)).toMatchObject({
      health: { verdict: "regression" },
      nextStep: expect.any(String) as string,
    });
  });
});

describe("what goes wrong is explained, with code 2 and without the secret", { timeout: 60_000 }, () => {
  let foreign: Server;
  let foreignUrl: string;
  beforeAll(async () => {
    await restart("expand");
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
    const { code, out, err } = await tokens(args, env);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err.includes(env.MIGRATION_SECRET || SECRET), "the secret").toBe(false);
    return err;
  }

  it("a wrong secret, and none", async () => {
    const wrong = await problem(["status"], { MIGRATION_SECRET: "not-the-secret-but-long-enough-to-be" });
    expect(wrong).toMatch(/does not accept this MIGRATION_SECRET/);
    expect(await problem(["status", "--config"], {})).toMatch(/unknown option/);
    const none = await startTokens(["status", "--url", app!.url], {}).ended;
    expect(none).toMatchObject({ code: 2 });
    expect(none.err).toMatch(/export MIGRATION_SECRET/);
  });

  it("no run yet is said, for machines too", async () => {
    await database.current.query(`DELETE FROM expand_contract."MigrationRun"`);
    for (const [command, code] of [
      ["status", 0],
      ["runs", 0],
      ["failures", 0],
      ["stop", 0],
      ["watch", 1],
    ] as const) {
      const said = await tokens([command]);
      expect(said).toMatchObject({ code, err: "" });
      expect(said.out).toMatch(/^No run has been started yet\. Rehearse one: /);
    }
    expect(JSON.parse((await tokens(["status", "--json"])).out)).toMatchObject({ run: null });
    expect(JSON.parse((await tokens(["runs", "--json"])).out)).toEqual({ runs: [] });
    expect(await problem(["failures", "no-such-run"])).toContain(`${app!.url} has no such run`);
    expect((await tokens(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("options, by the app's own judgement", async () => {
    expect(await problem(["migrate", "--waves", "10%,5%"])).toMatch(
      /Correct: --waves must be rising percentages .*; "5%" is not/,
    );
    expect(await problem(["migrate", "--limit", "many"])).toMatch(/It must be a whole number/);
    expect(await problem(["shops", "--limit", "0"])).toMatch(/It must be a whole number, 1 or more/);
    expect(await problem(["runs", "--limit", "101"])).toMatch(/It must be 100 or less/);
    // The next option is not taken for a shop, or the command would go to another address than the one that was given.
    expect(await problem(["migrate", "--shop", "--url", app!.url])).toMatch(
      /'--url' is invalid. It must be a shop's domain/,
    );
    expect(await problem(["shops", "--run", "no-such-run"])).toContain(`${app!.url} has no such run`);
    expect(await problem(["shop", "no-such-shop"])).toMatch(/knows no such shop[\s\S]*`shops --search/);
    expect(await problem(["migrate", "--verify", "some"])).toMatch(/Allowed choices/);
    expect(await problem(["mirgate"])).toMatch(/unknown command 'mirgate'[\s\S]*Did you mean migrate/);
  });

  it("an address where nobody listens, https where there is none, and something else", async () => {
    const nobody = `http://127.0.0.1:${await findFreePort()}`;
    expect(await problem(["status", "--url", nobody])).toMatch(/nothing listens there/);
    expect(await problem(["migrate", "--url", nobody])).toMatch(/nothing listens there/);
    expect(await problem(["status", "--url", app!.url.replace("http:", "https:")])).toMatch(/does not speak https/);
    expect(await problem(["status", "--url", foreignUrl])).toMatch(/answers, but not as this app does/);
    expect(await problem(["shops", "--url", foreignUrl])).toMatch(/answered 502, and not as this app does/);
    expect(await problem(["doctor", "--url", foreignUrl])).toMatch(/points to https:\/\/www\.example\.com/);
  });

  it("a proxy whose app is down: nothing is said of a database that was not asked", async () => {
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
    await restart("expand", { MIGRATION_SECRET: undefined });
    expect(await problem(["doctor"])).toMatch(/runs without MIGRATION_SECRET[\s\S]*restart it/);
  });
});
