import { fork, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";

import { createSandboxClient } from "./client.ts";
import { startSandbox } from "./start.ts";
import type { InstalledShop } from "./platform/types.ts";

/**
 * Measures the simulator with autocannon: `node sandbox/bench.ts [shops] [seconds]`. The simulator runs in a process of
 * its own and so on one core; the load comes from this one. It must never be the bottleneck of an app's benchmark.
 */
const SECRET = "shpss_00000000000000000000000000000000";
const OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token";

interface Result {
  requests: { average: number };
  latency: { p50: number; p99: number };
  non2xx: number;
  errors: number;
}

type Autocannon = (options: {
  url: string;
  connections: number;
  duration: number;
  requests: { setupRequest: (request: object) => object }[];
}) => Promise<Result>;

async function serve(): Promise<void> {
  const sandbox = await startSandbox({
    app: { url: "https://app.sandbox.test", clientId: "bench", clientSecret: SECRET, scopes: ["read_products"] },
  });
  process.send?.(sandbox.url);
  process.on("disconnect", () => void sandbox.close().then(() => process.exit(0)));
}

function startServer(): Promise<{ child: ChildProcess; url: string }> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, ["serve"]);
    child.once("error", reject);
    child.once("message", (url) => resolve({ child, url: String(url) }));
  });
}

async function measure(): Promise<void> {
  const [shopCount = 100_000, seconds = 10] = process.argv.slice(2).map(Number);
  const autocannon = createRequire(import.meta.url)("autocannon") as Autocannon;
  const { child, url } = await startServer();
  const client = createSandboxClient(url);
  const started = performance.now();
  const shops = Array.from({ length: shopCount }, (_, i) => ({
    shop: `s${i}.myshopify.com`,
    token: "permanent" as const,
  }));
  const installed = await client.installShops(shops);
  console.log(`${shopCount} shops installed in ${((performance.now() - started) / 1000).toFixed(1)} s`);

  const run = async (name: string, path: string, make: (shop: InstalledShop) => { headers: object; body: object }) => {
    let turn = 0;
    const result = await autocannon({
      url,
      connections: 32,
      duration: seconds,
      requests: [
        {
          setupRequest: (request) => {
            const shop = installed[turn++ % installed.length] as InstalledShop;
            const { headers, body } = make(shop);
            const common = { host: shop.shop, "content-type": "application/json", accept: "application/json" };
            return { ...request, method: "POST", path, headers: { ...common, ...headers }, body: JSON.stringify(body) };
          },
        },
      ],
    });
    const { requests, latency, non2xx, errors } = result;
    console.log(
      `${name}: ${Math.round(requests.average)} calls/s, p50 ${latency.p50} ms, p99 ${latency.p99} ms, refused ${non2xx}, errors ${errors}`,
    );
  };

  await run("Admin GraphQL, permanent token", "/admin/api/2026-10/graphql.json", (shop) => ({
    headers: { "x-shopify-access-token": shop.accessToken },
    body: { query: "{ shop { name plan { publicDisplayName } } }" },
  }));
  await run("token endpoint, migration", "/admin/oauth/access_token", (shop) => ({
    headers: {},
    body: {
      client_id: "bench",
      client_secret: SECRET,
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: shop.accessToken,
      subject_token_type: OFFLINE,
      requested_token_type: OFFLINE,
      expiring: "1",
    },
  }));
  const { tokenCalls, overlaps } = await client.ledger.summary();
  console.log(`ledger: ${JSON.stringify(tokenCalls)}, overlaps ${overlaps}`);
  child.disconnect();
}

await (process.argv[2] === "serve" ? serve() : measure());
