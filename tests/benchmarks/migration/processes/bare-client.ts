/**
 * What one exchange cannot cost less than: Node's own HTTPS client makes the same call for each shop in the database, and keeps nothing.
 * Tells its parent the processor time and the time that the shops after the first `WARM_UP` took.
 */
import { Agent, request } from "node:https";
import pg from "pg";
import { TEST_APP } from "../../../support/sandbox.ts";
import { CONCURRENCY, WARM_UP } from "../scenario.ts";

const OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token";
const agent = new Agent({ keepAlive: false });
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
const { rows } = await pool.query<{ shop: string; token: string }>(
  `SELECT shop, "accessToken" AS token FROM "Session" WHERE "refreshToken" IS NULL ORDER BY id`,
);
await pool.end();

function exchange(shop: string, token: string): Promise<void> {
  const body = JSON.stringify({
    client_id: TEST_APP.clientId,
    client_secret: TEST_APP.clientSecret,
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: token,
    subject_token_type: OFFLINE,
    requested_token_type: OFFLINE,
    expiring: "1",
  });
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    "content-length": Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    request({ host: shop, path: "/admin/oauth/access_token", method: "POST", agent, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => (text += part));
      answer.once("end", () => {
        if ((JSON.parse(text) as { refresh_token?: string }).refresh_token) resolve();
        else reject(new Error(`no pair: ${answer.statusCode}`));
      });
    })
      .once("error", reject)
      .end(body);
  });
}

async function exchangeAll(shops: typeof rows): Promise<void> {
  const left = shops.values();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const { shop, token } of left) await exchange(shop, token);
    }),
  );
}

await exchangeAll(rows.slice(0, WARM_UP));
const started = performance.now();
const before = process.cpuUsage();
await exchangeAll(rows.slice(WARM_UP));
const { user, system } = process.cpuUsage(before);
const shops = rows.length - WARM_UP;
const seconds = (performance.now() - started) / 1_000;
process.send!({ processorMs: (user + system) / 1_000 / shops, perSecond: shops / seconds }, () => process.exit(0));
