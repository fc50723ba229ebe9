/** The packed tarball, installed in an empty folder, runs by one command and serves unadopted apps of each template's shape. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { createSandboxClient, type SandboxClient } from "../client.ts";
import { BROWSER } from "./library-app.ts";

const WORKSPACE = join(import.meta.dirname, "..");
/** What the templates' own package.json ask for. No peers: a template's interface is not started here. */
const TEMPLATE_PACKAGES = [
  "@shopify/shopify-app-remix@6",
  "@shopify/shopify-app-react-router@3",
  "react-router@7",
  "react@18",
  "react-dom@18",
  "@shopify/shopify-app-express@8",
  "express@5",
  "@shopify/shopify-app-session-storage-memory@8",
];
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/;
const ANY_PORTS = ["--port", "0", "--proxy-port", "0", "--admin-port", "0"];

const run = promisify(execFile);
const children: ChildProcess[] = [];
let folder: string;
/** Why there is nothing to test: the registry cannot be reached from this machine. */
let noRegistry: string | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "shopify-sandbox-package-"));
  await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: WORKSPACE });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const quick = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"];
  try {
    await run("npm", ["install", ...quick, "./shopify-sandbox-0.1.0.tgz", ...TEMPLATE_PACKAGES], { cwd: folder });
  } catch (error) {
    if (!UNREACHABLE.test(String((error as { stderr?: string }).stderr))) throw error;
    noRegistry = "npm's registry cannot be reached";
  }
  cpSync(join(import.meta.dirname, "fixtures"), folder, { recursive: true });
}, 240_000);

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a process in the folder; `printed` waits for what it writes. */
function start(command: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (output += String(chunk)));
  return async (pattern: RegExp): Promise<RegExpExecArray> => {
    return vi.waitFor(() => pattern.exec(output) ?? expect.fail(`not yet printed: ${pattern}\n${output}`), 30_000);
  };
}

/** One request without following: what a template's server answered. */
function ask(origin: string, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: string }>(
    (resolve, reject) => {
      request(`${origin}${path}`, { headers }, (response) => {
        let body = "";
        response.on("data", (chunk) => (body += String(chunk)));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      })
        .once("error", reject)
        .end();
    },
  );
}

test("one command runs an app's tests against it, in the app's environment, and ends with their exit code", async (ctx) => {
  if (noRegistry) return ctx.skip(noRegistry);
  const script = `
    const answer = await fetch("https://first.myshopify.com/admin/oauth/access_token", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ client_id: process.env.SHOPIFY_API_KEY, client_secret: "wrong", grant_type: "refresh_token" }),
    });
    console.log((await answer.json()).error, process.env.SHOPIFY_APP_URL);
    process.exitCode = 3;`;
  writeFileSync(join(folder, "ask.mjs"), script);
  const bin = [
    "--no-install",
    "shopify-sandbox",
    ...ANY_PORTS,
    "--shop",
    "first.myshopify.com",
    "--",
    "node",
    "ask.mjs",
  ];
  const env = { ...process.env, SHOPIFY_API_KEY: "", SHOPIFY_API_SECRET: "", SHOPIFY_APP_URL: "", SCOPES: "" };
  const ended = run("npx", bin, { cwd: folder, env });
  await expect(ended).rejects.toMatchObject({ code: 3, stdout: "invalid_client https://app.sandbox.test\n" });
}, 60_000);

test("its types are found by a TypeScript project", async (ctx) => {
  if (noRegistry) return ctx.skip(noRegistry);
  writeFileSync(
    join(folder, "uses.ts"),
    `import { startSandbox, createSandboxClient, type Call } from "shopify-sandbox";
    const sandbox = await startSandbox({ app: { url: "https://a.example", clientId: "a", clientSecret: "b", scopes: [] } });
    const calls: Call[] = await createSandboxClient(sandbox.url).ledger.calls();
    // @ts-expect-error the option does not exist
    await startSandbox({ apps: calls });`,
  );
  const compiler = join(WORKSPACE, "../node_modules/typescript/bin/tsc");
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2023", "--module", "nodenext"];
  await run(process.execPath, [compiler, ...options, "uses.ts"], { cwd: folder }).catch((error: { stdout?: string }) =>
    expect.fail(error.stdout),
  );
}, 60_000);

describe("unadopted", () => {
  let environment: Record<string, string>;
  let client: SandboxClient;

  beforeAll(async () => {
    if (noRegistry) return;
    const printed = start(join(folder, "node_modules/.bin/shopify-sandbox"), ANY_PORTS, { SHOPIFY_API_SECRET: "" });
    const [everything] = await printed(/[^]*node your-app\.js/);
    environment = Object.fromEntries(
      [...everything.matchAll(/^\s+([A-Z_]+)=(\S+) \\$/gm)].map(([, name, value]) => [name, value]),
    ) as Record<string, string>;
    client = createSandboxClient(environment.SANDBOX_URL!);
  }, 60_000);

  /** A template's server, started with nothing but the printed environment. */
  async function startApp(name: string): Promise<string> {
    const printed = start(process.execPath, [`${name}.mjs`], { ...environment, PORT: "0" });
    const [, port] = await printed(/listening on .*"port":(\d+)/);
    const origin = `http://127.0.0.1:${port}`;
    await client.app({ deliverTo: origin });
    return origin;
  }

  const openEmbedded = async (origin: string, shop: string) => {
    const { pathname, search } = new URL(await client.launchUrl(shop, { path: "/app" }));
    return ask(origin, pathname + search, { "user-agent": BROWSER, accept: "text/html" });
  };

  /** The authorization code grant, as a browser walks through it. */
  async function installByOauth(origin: string, shop: string): Promise<void> {
    const begun = await ask(origin, `/api/auth?shop=${shop}`, { "user-agent": BROWSER, accept: "text/html" });
    const consent = new URL(String(begun.headers.location));
    const granted = await ask(environment.SANDBOX_URL!, consent.pathname + consent.search, { host: consent.host });
    const back = new URL(String(granted.headers.location));
    const cookie = [begun.headers["set-cookie"] ?? []].flat().map((one) => one.split(";")[0]);
    const done = await ask(origin, back.pathname + back.search, { "user-agent": BROWSER, cookie: cookie.join("; ") });
    expect(done.status).toBe(302);
  }

  const openApi = async (origin: string, shop: string) => {
    await installByOauth(origin, shop);
    const authorization = `Bearer ${await client.idToken(shop)}`;
    return ask(origin, `/api/shop?shop=${shop}`, { "user-agent": BROWSER, authorization });
  };

  test.for([
    { name: "remix", open: openEmbedded },
    { name: "react-router", open: openEmbedded },
    { name: "express", open: openApi },
  ])(
    "$name: it opens, asks the Admin API and hears of its uninstall",
    { timeout: 60_000 },
    async ({ name, open }, ctx) => {
      if (noRegistry) return ctx.skip(noRegistry);
      const shop = `${name}.myshopify.com`;
      const origin = await startApp(name);
      if (open === openEmbedded) await client.installShop(shop);
      else await client.createShop(shop);
      const opened = await open(origin, shop);
      expect(opened).toMatchObject({ status: 200, body: JSON.stringify({ shop: { myshopifyDomain: shop } }) });
      expect(await client.shop(shop)).toMatchObject({ installed: true });
      expect(await client.ledger.secretSightings()).toEqual([]);

      await client.uninstall(shop);
      const heard = async () =>
        (await client.webhooks.list({ shop, topic: "app/uninstalled" })).map((one) => one.attempts);
      await expect.poll(heard).toMatchObject([[{ status: 200 }]]);
    },
  );
});
