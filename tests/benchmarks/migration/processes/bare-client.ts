/**
 * What one exchange cannot cost less than: Node's own HTTPS client makes the same call for each shop in the database, and keeps nothing.
 * Tells its parent the processor time and the time that the shops after the first `WARM_UP` took.
 */
import pg from "pg";
import { TEST_APP } from "../../../support/sandbox.ts";
import { CONCURRENCY, WARM_UP } from "../scenario.ts";
import { sendTokenRequest } from "./send-token-request.ts";

const OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token";
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
const { rows } = await pool.query<{ shop: string; token: string }>(
  `SELECT shop, "accessToken" AS token FROM "Session" WHERE "refreshToken" IS NULL ORDER BY id`,
);
await pool.end();

function exchange(shop: string, token: string): Promise<void> {
  return sendTokenRequest(shop, {
    client_id: TEST_APP.clientId,
    client_secret: TEST_APP.clientSecret,
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: token,
    subject_token_type: OFFLINE,
    requested_token_type: OFFLINE,
    expiring: "1",
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
