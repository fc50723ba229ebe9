import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { merchantOf, type Merchant } from "../support/app-requests.ts";
import { testDatabase } from "../support/postgres.ts";
import { startTestSandbox, TEST_APP } from "../support/sandbox.ts";
import { signIdToken } from "../support/signatures.ts";

export const SENDER = "sender.myshopify.com";
/** One whose permanent token anybody's migration would end, and one whose pair is due for a refresh. */
export const VICTIMS = ["victim-permanent.myshopify.com", "victim-expired.myshopify.com"] as const;

export type Query = [name: string, value: string][];

/** A query as Shopify signs it. */
export function signed(fields: Record<string, string>): Query {
  const query: Query = Object.entries({ timestamp: String(Math.trunc(Date.now() / 1_000)), ...fields });
  const message = new URLSearchParams([...query].sort(([a], [b]) => (a < b ? -1 : 1)))
    .toString()
    .replaceAll("+", "%20");
  return [...query, ["hmac", createHmac("sha256", TEST_APP.clientSecret).update(message).digest("hex")]];
}

export const host = Buffer.from("admin.shopify.com/store/sender").toString("base64");
export const launch = (fields: Record<string, string> = {}) =>
  signed({ shop: SENDER, host, embedded: "1", locale: "en", session: "5e55", ...fields });
export const link = () => signed({ shop: SENDER, host });
export const text = (query: Query) => new URLSearchParams(query).toString();

/** An ID token with any claims, signed as Shopify signs. */
export function idTokenWith(claims: Record<string, unknown>): string {
  const now = Math.trunc(Date.now() / 1_000);
  const all = {
    iss: `https://${SENDER}/admin`,
    dest: `https://${SENDER}`,
    aud: TEST_APP.clientId,
    sub: "42",
    exp: now + 60,
    nbf: now,
    iat: now,
    ...claims,
  };
  return signIdToken(all);
}

/** The app with a sender's store, victims of which it must make no call, and a login that the sender has begun. For a whole test file. */
export function identityHarness() {
  const database = testDatabase();
  let sandbox: Sandbox;
  let app: TestApp;
  let merchant: Merchant;
  /** The state cookie and the state of a login that the sender has begun. */
  let begun: { cookie: string; state: string };

  beforeAll(async () => {
    sandbox = await startTestSandbox({ app: { legacyInstallFlow: true } });
    app = await startTestApp({
      sandbox,
      databaseUrl: database.current.url,
      phase: "expand",
      env: { TOKEN_EXCHANGE_ROLLOUT: `0%,+${SENDER}` },
    });
    merchant = merchantOf(app, sandbox);
    await sandbox.client.installShop(SENDER);
    for (const shop of VICTIMS) {
      const token = shop.includes("permanent") ? "permanent" : "expiring";
      const issued = await sandbox.client.installShop(shop, { token });
      await database.current.query(
        `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "scope", "accessToken", "expires", "refreshToken", "refreshTokenExpires")
         VALUES ($1, $2, '', false, 'read_products', $3, $4, $5, now() + interval '80 days')`,
        [
          `offline_${shop}`,
          shop,
          issued.accessToken,
          token === "permanent" ? null : new Date(Date.now() - 60_000),
          issued.refreshToken ?? null,
        ],
      );
    }
    const response = await merchant.visit(`/auth?shop=${SENDER}`);
    begun = {
      cookie: response.headers
        .getSetCookie()
        .map((cookie) => cookie.split(";")[0])
        .join("; "),
      state: new URL(response.headers.get("location")!).searchParams.get("state")!,
    };
  });

  afterAll(async () => {
    await app?.expectNoSecrets();
    await app?.stop();
    await sandbox?.close();
  });

  let callsBefore = 0;
  const lastCall = async () => (await sandbox.client.ledger.calls()).at(-1)?.n ?? 0;
  beforeEach(async () => {
    callsBefore = await lastCall();
  });
  /** Calls that the app has made for a shop in this test. */
  const callsFor = (shop: string) => sandbox.client.ledger.calls({ shop, after: callsBefore });

  return {
    database,
    callsFor,
    get merchant() {
      return merchant;
    },
    get begun() {
      return begun;
    },
    /** The callback of that login, as Shopify signs it. */
    callback: (fields: Record<string, string> = {}) =>
      signed({ shop: SENDER, host, code: "0123456789abcdef", state: begun.state, ...fields }),
    get sandbox() {
      return sandbox;
    },
  };
}
