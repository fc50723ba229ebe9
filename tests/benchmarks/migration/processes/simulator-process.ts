/** The simulator in a process of its own, so that its work is not counted as the app's. Tells its parent where it is. */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { ApiVersion } from "@shopify/shopify-api";
import type { Sandbox } from "../../../../sandbox/start.ts";
import { startTestSandbox } from "../../../support/sandbox.ts";

const WARM_UP_QUERIES = 100;

/**
 * Makes the simulator read its Admin schema, and the engine compile it, before anything is measured: the second in which it then answers
 * nobody is not Shopify's.
 */
async function warmUp({ url, client }: Sandbox): Promise<void> {
  const { shop, accessToken } = await client.installShop("warm-up.myshopify.com", { token: "permanent" });
  const headers = { host: shop, "content-type": "application/json", "x-shopify-access-token": accessToken! };
  for (let i = 0; i < WARM_UP_QUERIES; i++) {
    await new Promise<string>((resolve, reject) => {
      request(`${url}/admin/api/${ApiVersion.October26}/graphql.json`, { method: "POST", headers })
        .once("response", (response) => text(response).then(resolve, reject))
        .once("error", reject)
        .end(JSON.stringify({ query: "{ shop { id } }" }));
    });
  }
  await client.reset();
}

const sandbox = await startTestSandbox({ dataDir: process.env.SANDBOX_DATA_DIR });
await warmUp(sandbox);

/** The same behind TLS without the proxy, for clients that are led here (reach-directly.ts). */
const pem = (name: string) => readFileSync(join(dirname(sandbox.caPath), name));
const direct = createServer({ cert: pem("cert.pem"), key: pem("key.pem"), keepAliveTimeout: 30_000 }, sandbox.handle);
await new Promise<void>((listening) => direct.listen(0, "127.0.0.1", listening));
const tlsPort = (direct.address() as AddressInfo).port;

process.send?.({ url: sandbox.url, env: sandbox.env, caPath: sandbox.caPath, tlsPort });
process.on("disconnect", () => process.exit(0));
