/** Proves that the packed tarball, in an empty folder, serves an example of each framework with its patch applied: one call where one is enough. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { loadAdminSchema } from "../../sandbox/http/graphql/schema.ts";
import type { Sandbox } from "../../sandbox/start.ts";
import { throughSandbox } from "../support/app-requests.ts";
import { BROWSER_USER_AGENT } from "../support/browser.ts";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { startTestSandbox, TEST_APP } from "../support/sandbox.ts";

const ROOT = join(import.meta.dirname, "../..");
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/;
/** At most so many lines are changed to adopt the package. */
const MOST_LINES = 40;
const SECRET = randomBytes(32).toString("hex");

/** Shopify's libraries as they go together; `EXAMPLES_PEERS=12.3` runs all of this with older ones (docs/adopting.md has the matrix). */
const PEERS: Record<string, Record<string, string>> = {
  "12.3": peers("~12.3.0", "4.1.1", "1.1.1", "6.0.5"),
  "13": peers("^13.1.0", "4.2.1", "1.2.1", "7.0.1"),
  "14": peers("^14.0.1", "5.0.1", "2.1.0", "8.0.1"),
};
const olderPeers = process.env.EXAMPLES_PEERS;

function peers(api: string, remix: string, reactRouter: string, express: string): Record<string, string> {
  return {
    "@shopify/shopify-api": api,
    "@shopify/shopify-app-remix": remix,
    "@shopify/shopify-app-react-router": reactRouter,
    "@shopify/shopify-app-express": express,
  };
}

/** As each storage makes its table. */
const PRISMA_TABLE = `CREATE TABLE "Session" ("id" text PRIMARY KEY, "shop" text NOT NULL, "state" text NOT NULL, "isOnline" boolean NOT NULL DEFAULT false,
  "scope" text, "expires" timestamp(3), "accessToken" text NOT NULL, "userId" bigint, "firstName" text, "lastName" text, "email" text,
  "accountOwner" boolean NOT NULL DEFAULT false, "locale" text, "collaborator" boolean DEFAULT false, "emailVerified" boolean DEFAULT false)`;
const POSTGRESQL_TABLE = `CREATE TABLE "shopify_sessions" ("id" varchar(255) NOT NULL PRIMARY KEY, "shop" varchar(255) NOT NULL, "state" varchar(255) NOT NULL,
  "isOnline" boolean NOT NULL, "scope" varchar(255), "expires" integer, "accessToken" varchar(255), "refreshToken" varchar(255),
  "refreshTokenExpires" bigint, "userId" bigint, "firstName" varchar(255), "lastName" varchar(255), "email" varchar(255), "accountOwner" boolean,
  "locale" varchar(255), "collaborator" boolean, "emailVerified" boolean)`;

interface Example {
  name: string;
  table: "Session" | "shopify_sessions";
  create: string;
  /** What makes a stored pair's access token an hour old. */
  expire: string;
  page: string;
  webhooks: (topic: string) => string;
}

const TEMPLATE = {
  table: "Session",
  create: PRISMA_TABLE,
  expire: `now() AT TIME ZONE 'UTC' - interval '1 hour'`,
  page: "/app",
  webhooks: (topic: string) => `/webhooks/${topic}`,
} as const;
const EXAMPLES: Example[] = [
  { ...TEMPLATE, name: "remix-prisma" },
  { ...TEMPLATE, name: "react-router-prisma" },
  {
    name: "express-postgresql",
    table: "shopify_sessions",
    create: POSTGRESQL_TABLE,
    expire: `EXTRACT(EPOCH FROM now())::integer - 3600`,
    page: "/api/shop",
    webhooks: () => "/api/webhooks",
  },
];

const run = promisify(execFile);
const children: ChildProcess[] = [];
let folder: string;
let sandbox: Sandbox;
/** Why there is nothing to test. */
let noRegistry: string | undefined;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  // The simulator answers from this process: the first merchant would wait for the schema.
  loadAdminSchema("2026-10");
  folder = mkdtempSync(join(tmpdir(), "expand-contract-package-"));
  const began = performance.now();
  await run("npm", ["pack", "--silent", "--workspace", "expand-contract", "--pack-destination", folder], { cwd: ROOT });
  const packages = new Map<string, string>();
  for (const { name } of EXAMPLES) {
    const manifest = readFileSync(join(ROOT, "examples", name, "package.json"), "utf8");
    const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
    for (const [dependency, version] of Object.entries(dependencies)) packages.set(dependency, version);
  }
  for (const [name, version] of Object.entries(olderPeers ? PEERS[olderPeers]! : {})) packages.set(name, version);
  // The client is generated from a schema by Prisma's own command, which the repository has run for the same model.
  for (const name of packages.keys()) if (name.startsWith("@prisma/")) packages.delete(name);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const wanted = [...packages].map(([name, version]) => `${name}@${version}`);
  const quick = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"];
  try {
    await run("npm", ["install", ...quick, "./expand-contract-0.1.0.tgz", ...wanted], { cwd: folder });
  } catch (error) {
    if (!UNREACHABLE.test(String((error as { stderr?: string }).stderr))) throw error;
    noRegistry = "npm's registry cannot be reached";
    return;
  }
  rmSync(join(folder, "node_modules/@prisma"), { recursive: true, force: true });
  symlinkSync(join(ROOT, "node_modules/@prisma"), join(folder, "node_modules/@prisma"));
  for (const { name } of EXAMPLES) {
    cpSync(join(ROOT, "examples", name), join(folder, name), { recursive: true });
    const patch = ["apply", "--unsafe-paths", `--directory=${join(folder, name)}`, join(folder, name, "adopted.patch")];
    await run("git", patch, { cwd: tmpdir() });
    if (!olderPeers) continue;
    // The newest version of the API has no name in older libraries.
    const settings = ["app/shopify.server.ts", "shopify.js"].map((file) => join(folder, name, file)).find(existsSync)!;
    writeFileSync(
      settings,
      readFileSync(settings, "utf8").replaceAll(
        "ApiVersion.October26",
        '"2026-10" as ApiVersion'.slice(0, settings.endsWith("ts") ? undefined : 9),
      ),
    );
  }
  cpSync(join(ROOT, "tests/fixtures/examples"), folder, { recursive: true });
  for (const { name, table } of EXAMPLES) {
    if (table === "Session") cpSync(join(folder, "routes"), join(folder, name, "app/routes"), { recursive: true });
  }
  console.info(`packed, installed and patched in ${Math.round((performance.now() - began) / 1000)} s`);
}, 240_000);

/** Starts a program of the folder as the simulator's app. @returns its address. */
async function start(args: string[], database: TestDatabase, onOutput: (text: string) => void): Promise<string> {
  let output = "";
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      ...sandbox.env,
      SHOPIFY_API_KEY: TEST_APP.clientId,
      SHOPIFY_API_SECRET: TEST_APP.clientSecret,
      SHOPIFY_APP_URL: TEST_APP.url,
      SCOPES: TEST_APP.scopes.join(","),
      MIGRATION_SECRET: SECRET,
    },
  });
  children.push(child);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => onOutput((output += String(chunk))));
  }
  const listening = () => /listening on .*"port":(\d+)/.exec(output) ?? expect.fail(`does not listen:\n${output}`);
  return `http://127.0.0.1:${(await vi.waitFor(listening, 30_000))[1]}`;
}

afterAll(async () => {
  await Promise.all(
    children.map((child) => {
      child.kill("SIGKILL");
      return new Promise((resolve) =>
        child.exitCode === null ? child.once("exit", resolve) : resolve(child.exitCode),
      );
    }),
  );
  await sandbox?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

test.for(EXAMPLES)("$name changes few lines", ({ name }) => {
  const patch = readFileSync(join(ROOT, "examples", name, "adopted.patch"), "utf8").split("\n");
  const changed = patch.filter((line) => /^[+-]/.test(line) && !/^(\+\+\+|---) /.test(line));
  expect(changed.length).toBeGreaterThan(0);
  expect(changed.length).toBeLessThanOrEqual(MOST_LINES);
});

test("its types are found by a TypeScript project, and fit Shopify's", { timeout: 120_000 }, async (context) => {
  if (noRegistry) return context.skip(noRegistry);
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const options = [
    "--noEmit",
    "--strict",
    "--target",
    "es2023",
    "--module",
    "nodenext",
    "--allowImportingTsExtensions",
  ];
  const files = ["remix-prisma", "react-router-prisma"].map((name) => join(name, "app/routes/admin.$.ts"));
  const kinds = ["app._index", "flow", "fulfillment_order_notification", "proxy", "checkout", "account"];
  const routes = ["remix-prisma", "react-router-prisma"].flatMap((name) =>
    kinds.map((kind) => join(name, `app/routes/${kind}.ts`)),
  );
  const all = [
    compiler,
    ...options,
    "--skipLibCheck",
    "--types",
    "node",
    "--typeRoots",
    join(ROOT, "node_modules/@types"),
  ];
  await run(process.execPath, [...all, ...files, ...routes], { cwd: folder }).catch((error: { stdout?: string }) =>
    expect.fail(error.stdout),
  );
});

describe.for(EXAMPLES)("$name, adopted", (example) => {
  let database: TestDatabase;
  let origin: string;
  let output = "";

  beforeAll(async () => {
    if (noRegistry) return;
    database = await createTestDatabase({ empty: true });
    await database.query(example.create);
    const bin = join(folder, "node_modules/.bin/expand-contract");
    const env = { ...process.env, DATABASE_URL: database.url };
    await run(bin, ["db", "migrate", "--sessions", example.table], { cwd: folder, env });
    origin = await start(["serve.mjs", example.name], database, (text) => (output = text));
  }, 90_000);
  afterAll(() => database?.drop());

  /** Nothing but App Bridge's request: what a page of the embedded app asks for. */
  const open = async (shop: string, idToken?: string) =>
    fetch(new URL(`${example.page}?shop=${shop}`, origin), {
      redirect: "manual",
      headers: {
        "User-Agent": BROWSER_USER_AGENT,
        Authorization: `Bearer ${idToken ?? (await sandbox.client.idToken(shop))}`,
      },
    });

  /** @param named the shop that the signed body names; an uninstall's names its own, other bodies none. */
  const send = (shop: string, topic: string, triggeredAt = new Date(), named = shop, more = {}) => {
    const field = { "app/uninstalled": "myshopify_domain", "shop/redact": "shop_domain" }[topic];
    const body = JSON.stringify({ ...(field && { [field]: named }), ...more });
    return fetch(new URL(example.webhooks(topic), origin), {
      method: "POST",
      body,
      headers: {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": randomBytes(8).toString("hex"),
        "X-Shopify-Triggered-At": triggeredAt.toISOString(),
        "X-Shopify-Hmac-Sha256": createHmac("sha256", TEST_APP.clientSecret).update(body).digest("base64"),
      },
    });
  };

  const tokenCalls = (shop: string) => sandbox.client.ledger.calls({ shop, endpoint: "token" });
  const rowOf = async (shop: string) => {
    const [row] = await database.query<{ accessToken: string; refreshToken: string | null; scope: string | null }>(
      `SELECT "accessToken", "refreshToken", "scope" FROM "${example.table}" WHERE "id" = $1`,
      [`offline_${shop}`],
    );
    return row;
  };
  const nameOf = (kind: string) => `${kind}-${example.name}.myshopify.com`;

  async function opened(kind: string): Promise<string> {
    const shop = nameOf(kind);
    await sandbox.client.installShop(shop, { token: "none" });
    expect((await open(shop)).status, output).toBe(200);
    return shop;
  }
  const expire = (shop: string) =>
    database.query(`UPDATE "${example.table}" SET "expires" = ${example.expire} WHERE "shop" = $1`, [shop]);

  test("the first open exchanges once, however many requests it makes", async (context) => {
    if (noRegistry) return context.skip(noRegistry);
    const shop = nameOf("first");
    await sandbox.client.installShop(shop, { token: "none" });
    const idToken = await sandbox.client.idToken(shop);
    const answers = await Promise.all(Array.from({ length: 6 }, () => open(shop, idToken)));
    expect(
      answers.map(({ status }) => status),
      output,
    ).toEqual(Array(6).fill(200));
    expect(await answers[0]!.json()).toEqual({ shop });
    expect(await tokenCalls(shop)).toHaveLength(1);
    expect(await sandbox.client.ledger.isCurrentPair(shop, (await rowOf(shop))!)).toBe(true);
  });

  test("permanent rows are migrated by POST, and a stranger may not start it", async (context) => {
    if (noRegistry) return context.skip(noRegistry);
    const shops = ["p1", "p2", "p3"].map(nameOf);
    for (const shop of shops) {
      const { accessToken } = await sandbox.client.installShop(shop, { token: "permanent" });
      await database.query(
        `INSERT INTO "${example.table}" ("id", "shop", "state", "isOnline", "scope", "accessToken") VALUES ($1, $2, '', false, $3, $4)`,
        [`offline_${shop}`, shop, TEST_APP.scopes.join(","), accessToken],
      );
    }
    const migrate = (authorization: string) =>
      fetch(new URL("/admin/migrate-tokens", origin), {
        method: "POST",
        body: '{"waitSeconds": 50}',
        headers: { Authorization: authorization },
      });
    expect((await migrate("Bearer wrong")).status).toBe(401);
    const answer = await migrate(`Bearer ${SECRET}`);
    expect(await answer.json(), output).toMatchObject({ status: "completed", migrated: 3, permanentTokens: 0 });
    for (const shop of shops) expect(await sandbox.client.ledger.isCurrentPair(shop, (await rowOf(shop))!)).toBe(true);
    const health = await fetch(new URL("/admin/token-health", origin), {
      headers: { Authorization: `Bearer ${SECRET}` },
    });
    expect(await health.json()).toMatchObject({ verdict: "clean", permanentTokens: 0 });
    const look = async (path: string) =>
      (await fetch(new URL(`/admin/shops${path}`, origin), { headers: { Authorization: `Bearer ${SECRET}` } })).json();
    const listed = (await look("?state=expiring&outcome=migrated&limit=200")) as { shops: { shop: string }[] };
    expect(listed.shops.map(({ shop }) => shop)).toEqual(shops.toSorted());
    expect(await look(`/${shops[0]}`)).toMatchObject({ shop: shops[0], state: "expiring", otherRows: [] });
  }, 90_000);

  test("an expired session under 20 webhooks refreshes once, and all are answered 200", async (context) => {
    if (noRegistry) return context.skip(noRegistry);
    const shop = await opened("hooks");
    await expire(shop);
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(shop, "orders/updated")));
    expect(
      answers.map(({ status }) => status),
      output,
    ).toEqual(Array(20).fill(200));
    expect((await tokenCalls(shop)).filter(({ grant }) => grant === "refresh")).toHaveLength(1);
    expect(await sandbox.client.ledger.isCurrentPair(shop, (await rowOf(shop))!)).toBe(true);
  });

  test("webhooks of a dead shop are answered 200, and its uninstall leaves no token", async (context) => {
    if (noRegistry) return context.skip(noRegistry);
    const shop = await opened("dead");
    await sandbox.client.uninstall(shop, { webhook: false });
    await expire(shop);
    expect((await send(shop, "orders/updated")).status, output).toBe(200);
    expect((await send(shop, "app/uninstalled")).status, output).toBe(200);
    expect(await rowOf(shop)).toBeUndefined();
    // A late repetition does not touch a new installation.
    await sandbox.client.reinstall(shop, { token: "none" });
    expect((await open(shop)).status, output).toBe(200);
    expect((await send(shop, "app/uninstalled", new Date(Date.now() - 600_000))).status, output).toBe(200);
    expect(await sandbox.client.ledger.isCurrentPair(shop, (await rowOf(shop))!)).toBe(true);
  });

  test("a webhook whose signed body names another shop than its header is refused, and changes nothing", async (context) => {
    if (noRegistry) return context.skip(noRegistry);
    const shop = await opened("replayed");
    const before = await rowOf(shop);
    const answer = await send(shop, "app/uninstalled", new Date(), "stranger.myshopify.com");
    expect(answer.status, output).toBe(400);
    expect(await answer.text()).toContain("shops_disagree");
    expect(await rowOf(shop)).toEqual(before);
  });

  const unavailable = (shop: string) =>
    sandbox.client.faults.add({ shop, endpoint: "token", effect: { kind: "status", status: 503 } });
  /** As Shopify calls an action of Flow, or a fulfillment service. */
  const call = (path: string, shop: string) => {
    const body = JSON.stringify({ shopify_domain: shop, kind: "FULFILLMENT_REQUEST" });
    return fetch(new URL(path, origin), {
      method: "POST",
      body,
      headers: {
        "Content-Type": "application/json",
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Hmac-Sha256": createHmac("sha256", TEST_APP.clientSecret).update(body).digest("base64"),
      },
    });
  };

  test.runIf(example.table === "Session").for(["/flow", "/fulfillment_order_notification"])(
    "%s renews an expired token, is to be asked again in trouble, and refuses a dead chain for good",
    async (path, context) => {
      if (noRegistry) return context.skip(noRegistry);
      const shop = await opened(path.slice(1, 5));
      await expire(shop);
      const fault = await unavailable(shop);
      const later = await call(path, shop);
      expect([later.status, later.headers.has("retry-after")], output).toEqual([503, true]);
      await sandbox.client.faults.remove(fault);
      const answered = await vi.waitFor(
        async () => {
          const answer = await call(path, shop);
          expect(answer.status, output).toBe(200);
          return answer;
        },
        { timeout: 20_000, interval: 500 },
      );
      expect(await answered.json()).toMatchObject({ shop });
      expect(await sandbox.client.ledger.isCurrentPair(shop, (await rowOf(shop))!)).toBe(true);
      await sandbox.client.uninstall(shop, { webhook: false });
      await expire(shop);
      expect((await call(path, shop)).status, output).toBe(400);
    },
  );

  test.runIf(example.table === "Session")(
    "the app proxy serves a storefront, with a token or without, and no spliced shop",
    async (context) => {
      if (noRegistry) return context.skip(noRegistry);
      const [shop, victim] = [await opened("proxy"), await opened("spliced")];
      const query = { shop, path_prefix: "/apps/x", timestamp: String(Math.floor(Date.now() / 1_000)) };
      const text = Object.entries(query)
        .map(([name, value]) => `${name}=${value}`)
        .sort()
        .join("");
      const signature = createHmac("sha256", TEST_APP.clientSecret).update(text).digest("hex");
      const signed = String(new URLSearchParams({ ...query, signature }));
      const visit = (search: string) => fetch(new URL(`/proxy?${search}`, origin));
      await Promise.all([shop, victim].map(expire));
      expect(await (await visit(signed)).json(), output).toEqual({ shop });
      expect(await sandbox.client.ledger.isCurrentPair(shop, (await rowOf(shop))!)).toBe(true);
      const before = await sandbox.client.ledger.calls({ shop: victim });
      expect((await visit(`shop=${victim}&${signed}`)).status).toBe(400);
      expect(await sandbox.client.ledger.calls({ shop: victim })).toEqual(before);
      await sandbox.client.uninstall(shop, { webhook: false });
      await expire(shop);
      expect(await (await visit(signed)).json(), output).toEqual({ shop: null });
    },
  );

  test.runIf(example.table === "Session").for(["/checkout", "/account"])(
    "%s is served by its own session token, without a call",
    async (path, context) => {
      if (noRegistry) return context.skip(noRegistry);
      const shop = nameOf(path.slice(1));
      await sandbox.client.installShop(shop, { token: "none" });
      const headers = {
        "User-Agent": BROWSER_USER_AGENT,
        Authorization: `Bearer ${await sandbox.client.idToken(shop)}`,
      };
      const answer = await fetch(new URL(path, origin), { headers });
      expect(answer.status, output).toBe(200);
      expect(((await answer.json()) as { dest: string }).dest).toContain(shop);
      expect(await tokenCalls(shop)).toEqual([]);
    },
  );

  test("a merchant whose token cannot be had now is asked to come again, and one whose ID token is refused is sent for a new one", async (context) => {
    if (noRegistry) return context.skip(noRegistry);
    const shop = nameOf("later");
    await sandbox.client.installShop(shop, { token: "none" });
    const fault = await unavailable(shop);
    const later = await open(shop);
    expect([later.status, later.headers.has("retry-after")], output).toEqual([503, true]);
    await sandbox.client.faults.remove(fault);
    const refused = await open(shop, "not.a.token");
    expect([302, 401, 403, 410]).toContain(refused.status);
    expect(await rowOf(shop)).toBeUndefined();
    await vi.waitFor(async () => expect((await open(shop)).status, output).toBe(200), {
      timeout: 20_000,
      interval: 500,
    });
  });

  test("its operator's routes: dead letters, metrics and readiness, behind the same door", async (context) => {
    if (noRegistry) return context.skip(noRegistry);
    const ask = (path: string, secret = SECRET, method = "GET") =>
      fetch(new URL(`/admin/${path}`, origin), { method, headers: { Authorization: `Bearer ${secret}` } });
    for (const path of ["dead-letters", "metrics"]) {
      expect((await ask(path, "wrong")).status).toBe(401);
      expect((await ask(path, SECRET, "DELETE")).status).toBe(405);
    }
    expect(await (await ask("dead-letters")).json()).toEqual({ count: 0, deadLetters: [] });
    expect(await (await ask("dead-letters", SECRET, "POST")).json()).toMatchObject({ retried: 0 });
    const metrics = await (await ask("metrics")).text();
    expect(metrics).toMatch(/^tokens\{kind="expiring"\} [1-9]/m);
    expect(metrics).toMatch(/^token_calls_total\{grant="exchange",result="ok"\} [1-9]/m);
    expect(metrics).toMatch(/^client_secret_rotating 0$/m);
    expect(metrics).not.toContain("myshopify.com");
    expect(await (await ask("client-secret")).json()).toMatchObject({ clientSecret: { rotating: false, shops: [] } });
    const ready = await fetch(new URL("/admin/readyz", origin));
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ready" }]);
    const doctor = await run(join(folder, "node_modules/.bin/expand-contract"), ["doctor", "--url", origin, "--json"], {
      cwd: folder,
      env: { ...process.env, MIGRATION_SECRET: SECRET },
    }).catch((error: { stdout: string }) => error);
    expect(doctor.stdout).not.toMatch(/not ready/);
    expect(JSON.parse(doctor.stdout)).toMatchObject({ health: { phase: "expand" }, nextStep: expect.any(String) });
    expect(doctor.stdout, "the app's own switches and commands").not.toMatch(
      /LEGACY_INSTALL_FLOW|TOKEN_EXCHANGE_|npm run /,
    );
  });

  test("a job gets a fresh token, by shop", async (context) => {
    if (noRegistry) return context.skip(noRegistry);
    const shop = await opened("job");
    await expire(shop);
    const answer = await fetch(new URL(`/job?shop=${shop}`, origin), { method: "POST" });
    expect(await answer.text(), output).toBe(shop);
    expect(await sandbox.client.ledger.isCurrentPair(shop, (await rowOf(shop))!)).toBe(true);
  });

  test("nobody's query makes a call for a shop that is not his", async (context) => {
    if (noRegistry) return context.skip(noRegistry);
    const shop = await opened("victim");
    await expire(shop);
    const before = await sandbox.client.ledger.calls({ shop });
    const headers = { "User-Agent": BROWSER_USER_AGENT };
    const host = Buffer.from(`admin.shopify.com/store/x`).toString("base64url");
    for (const path of [example.page, "/"]) {
      const query = new URLSearchParams({ shop, host, embedded: "1" });
      await fetch(new URL(`${path}?${query}`, origin), { redirect: "manual", headers });
    }
    expect(await sandbox.client.ledger.calls({ shop })).toEqual(before);
  });

  test("a customer's ID token and an app proxy's signature open nothing, and cause no call", async (context) => {
    if (noRegistry) return context.skip(noRegistry);
    const shop = await opened("customer");
    await expire(shop);
    const before = await sandbox.client.ledger.calls({ shop });
    const staff = JSON.parse(
      Buffer.from((await sandbox.client.idToken(shop)).split(".")[1]!, "base64url").toString("utf8"),
    ) as object;
    for (const claims of [{ sub: "gid://shopify/Customer/1" }, { sub: undefined }, { dest: shop }, { iss: shop }]) {
      const answer = await open(shop, signIdToken({ ...staff, ...claims }));
      expect(answer.status, JSON.stringify(claims) + output).toBe(401);
    }
    // What Shopify signs for each visitor of a storefront; names and values follow each other without a separator.
    const query = { shop, path_prefix: "/apps/x", timestamp: String(Math.floor(Date.now() / 1000)) };
    const message = Object.entries(query)
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join("");
    const signature = createHmac("sha256", TEST_APP.clientSecret).update(message).digest("hex");
    const proxied = new URL(`${example.page}?${new URLSearchParams({ ...query, signature })}`, origin);
    await fetch(proxied, { redirect: "manual", headers: { "User-Agent": BROWSER_USER_AGENT } });
    expect(await sandbox.client.ledger.calls({ shop })).toEqual(before);
  });

  test("a signed body says neither that the app is uninstalled nor which scopes it has: Shopify does", async (context) => {
    if (noRegistry) return context.skip(noRegistry);
    const shop = await opened("topics");
    const before = await rowOf(shop);
    for (const topic of ["app/uninstalled", "app/scopes_update", "shop/redact"]) {
      const answer = await send(shop, topic, new Date(), shop, { current: ["write_everything"] });
      // 404 of a topic that the example does not take.
      expect([200, 404], topic + output).toContain(answer.status);
    }
    expect(await rowOf(shop)).toEqual(before);
  });
});

function signIdToken(claims: object): string {
  const input = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${input}.${createHmac("sha256", TEST_APP.clientSecret).update(input).digest("base64url")}`;
}

async function bundle(): Promise<void> {
  await build({
    configFile: false,
    root: folder,
    logLevel: "error",
    ssr: { noExternal: true, external: ["pg"] },
    build: {
      ssr: true,
      target: "node22",
      minify: "esbuild",
      outDir: "bundled",
      rollupOptions: { input: { main: join(folder, "authorization-code.mjs") }, onwarn: () => {} },
    },
  });
}
let bundled: Promise<void> | undefined;

describe.for([
  ["express", "alone", "a minified bundle"],
  ["express", "wrapped", "a minified bundle"],
  ["remix", "alone", "a minified bundle"],
  ["remix", "wrapped", "a minified bundle"],
  // As it is, the library for Express requires the CommonJS build of @shopify/shopify-api, and the package imports the other.
  ["express", "alone", "the source"],
  ["express", "wrapped", "the source"],
])("%s with the authorization code strategy, its storage %s, run from %s", ([framework, how, source]) => {
  test(
    "asks nothing about a shop that a stranger names, leads its link into the Admin, and renews for its merchant",
    { timeout: 120_000 },
    async (context) => {
      if (noRegistry) return context.skip(noRegistry);
      const isBundled = source === "a minified bundle";
      const [victim, stranger] = [
        `${isBundled ? "bundled" : "source"}-${framework}-${how}.myshopify.com`,
        { "User-Agent": BROWSER_USER_AGENT },
      ];
      const database = await createTestDatabase({ empty: true });
      onTestFinished(() => database.drop());
      await database.query(PRISMA_TABLE);
      const env = { ...process.env, DATABASE_URL: database.url };
      await run(join(folder, "node_modules/.bin/expand-contract"), ["db", "migrate"], { cwd: folder, env });
      if (isBundled) await (bundled ??= bundle());
      let output = "";
      const args = [
        isBundled ? "bundled/main.js" : "authorization-code.mjs",
        framework!,
        ...(how === "wrapped" ? [how] : []),
      ];
      const origin = await start(args, database, (text) => (output = text));
      const pair = await sandbox.client.installShop(victim, { token: "expiring" });
      await database.query(
        `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "scope", "expires", "accessToken", "refreshToken", "refreshTokenExpires")
       VALUES ($1, $2, '', false, $3, now() AT TIME ZONE 'UTC' + interval '1 hour', $4, $5, now() AT TIME ZONE 'UTC' + interval '80 days')`,
        [`offline_${victim}`, victim, TEST_APP.scopes.join(","), pair.accessToken, pair.refreshToken],
      );
      const calls = () => sandbox.client.ledger.calls({ shop: victim });
      const before = await calls();
      const host = Buffer.from("admin.shopify.com/store/x").toString("base64url");
      const visit = (query: string) =>
        fetch(new URL(`/?shop=${victim}&host=${host}${query}`, origin), { redirect: "manual", headers: stranger });
      for (const age of ["fresh", "expired"]) {
        if (age === "expired") await database.query(`UPDATE "Session" SET "expires" = ${TEMPLATE.expire}`);
        const outside = await visit("");
        expect([outside.status, outside.headers.get("location")], age + output).toEqual([
          302,
          expect.stringMatching(/^https:\/\/admin\.shopify\.com\/store\/x\/apps\//),
        ]);
        await visit("&embedded=1");
        expect(await calls(), age + output).toEqual(before);
      }
      const Authorization = `Bearer ${await sandbox.client.idToken(victim)}`;
      const opened = await fetch(new URL("/api/shop", origin), { headers: { ...stranger, Authorization } });
      expect(opened.status, output).toBe(200);
      const tokenCalls = (await calls()).filter(({ endpoint }) => endpoint === "token");
      expect(tokenCalls.map(({ grant }) => grant)).toEqual(["refresh"]);
      const stranded = await fetch(new URL(`/?shop=nobody-${victim}&host=${host}`, origin), {
        redirect: "manual",
        headers: stranger,
      });
      expect([stranded.status, stranded.headers.get("location")], output).toEqual([
        302,
        expect.stringMatching(/\/oauth\/authorize\?|^\/api\/auth\?/),
      ]);
    },
  );
});

describe.for(["express", "remix"])(
  "an app of %s that is not embedded, with the authorization code grant",
  (framework) => {
    test(
      "its callback stores a pair, runs afterAuth once, and the session that its cookie names is renewed",
      { timeout: 120_000 },
      async (context) => {
        if (noRegistry || olderPeers) return context.skip(noRegistry ?? "older libraries ask for permanent tokens");
        const shop = `cookie-${framework}.myshopify.com`;
        const database = await createTestDatabase({ empty: true });
        onTestFinished(() => database.drop());
        await database.query(PRISMA_TABLE);
        const env = { ...process.env, DATABASE_URL: database.url };
        await run(join(folder, "node_modules/.bin/expand-contract"), ["db", "migrate"], { cwd: folder, env });
        let output = "";
        const args = ["authorization-code.mjs", framework, "wrapped", "alone"];
        const origin = await start(args, database, (text) => (output = text));
        await sandbox.client.installShop(shop, { token: "none" });
        const cookies = new Map<string, string>();
        const visit = async (path: string) => {
          const headers = {
            "User-Agent": BROWSER_USER_AGENT,
            Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
          };
          const answer = await fetch(new URL(path, origin), { redirect: "manual", headers });
          for (const cookie of answer.headers.getSetCookie()) {
            const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
            cookies.set(name!, value!);
          }
          return answer;
        };
        const begun = await visit(`${framework === "express" ? "/api/auth" : "/auth"}?shop=${shop}`);
        const { location } = await throughSandbox(sandbox, new URL(begun.headers.get("location")!));
        const { pathname, search } = new URL(location);
        expect((await visit(pathname + search)).status, output).toBe(302);
        if (framework === "remix") expect(output.match(/afterAuth of/g)).toHaveLength(1);

        await database.query(`UPDATE "Session" SET "expires" = ${TEMPLATE.expire}`);
        expect((await visit(framework === "express" ? "/api/shop" : "/app")).status, output).toBe(200);
        const tokenCalls = await sandbox.client.ledger.calls({ shop, endpoint: "token" });
        expect(tokenCalls.map(({ grant }) => grant)).toEqual(["authorization_code", "refresh"]);
        const [row] = await database.query<{ accessToken: string; refreshToken: string }>(
          `SELECT "accessToken", "refreshToken" FROM "Session"`,
        );
        expect(await sandbox.client.ledger.isCurrentPair(shop, row!)).toBe(true);
      },
    );
  },
);
