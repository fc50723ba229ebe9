/** What a refresh cannot cost less than: Node's own HTTPS client sends each stored refresh token, `PER_SECOND` evenly, and keeps nothing. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { TEST_APP } from "../../../support/sandbox.ts";
import { sendTokenRequest } from "./send-token-request.ts";

const everyMs = 1_000 / Number(process.env.PER_SECOND);
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
const { rows } = await pool.query<{ shop: string; token: string }>(
  `SELECT shop, "refreshToken" AS token FROM "Session" WHERE shop LIKE 'bare-%' ORDER BY id`,
);
await pool.end();

const WARM_UP = Math.floor(rows.length / 4);
let before = process.cpuUsage();
const started = performance.now();
const calls: Promise<void>[] = [];
for (const [i, { shop, token }] of rows.entries()) {
  await sleep(Math.max(0, started + i * everyMs - performance.now()));
  if (i === WARM_UP) before = process.cpuUsage();
  const { clientId, clientSecret } = TEST_APP;
  calls.push(
    sendTokenRequest(shop, {
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: "refresh_token",
      refresh_token: token,
    }),
  );
}
await Promise.all(calls);
const { user, system } = process.cpuUsage(before);
process.send!({ processorMs: (user + system) / 1_000 / (rows.length - WARM_UP) }, () => process.exit(0));
