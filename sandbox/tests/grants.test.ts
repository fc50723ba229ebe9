// Proves the rules of the ID token exchange, of the migration and of the endpoint itself, through Shopify's own library.
import { expect, test } from "vitest";

import { InvalidJwtError } from "@shopify/shopify-api";

import {
  APP,
  createLibrary,
  DAY,
  HOUR,
  INVALID_SUBJECT_TOKEN,
  MINUTE,
  newShop,
  refusal,
  setUpContract,
} from "./support.ts";

const contract = setUpContract();
const { acquire, migrate, refresh, query, advance, client } = contract;

async function installedWithPermanent() {
  const shop = newShop();
  const { accessToken } = await client().installShop(shop, { token: "permanent" });
  return { shop, permanent: accessToken! };
}

/** The bare endpoint, to send what the library refuses to send. */
function post(shop: string, body: Record<string, string>, headers: Record<string, string> = {}) {
  return fetch(`https://${shop}/admin/oauth/access_token`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: JSON.stringify({ client_id: APP.clientId, client_secret: APP.clientSecret, ...body }),
  });
}

const EXCHANGE = {
  grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
  subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
  requested_token_type: "urn:shopify:params:oauth:token-type:offline-access-token",
  expiring: "1",
};

test.each(["expired", "notYetValid", "wrongAudience", "wrongSignature", "malformed", "unsigned"] as const)(
  "ID token exchange refuses an ID token that is %s with 400 invalid_subject_token",
  async (wrong) => {
    const shop = newShop();
    await client().installShop(shop);
    const idToken = await client().idToken(shop, { [wrong]: true });
    const answer = await post(shop, { ...EXCHANGE, subject_token: idToken });
    expect({ status: answer.status, body: await answer.json() }).toEqual(INVALID_SUBJECT_TOKEN);
    await expect(
      contract.library.auth.tokenExchange({
        shop,
        sessionToken: idToken,
        requestedTokenType: EXCHANGE.requested_token_type as never,
      }),
    ).rejects.toThrow(InvalidJwtError);
  },
);

test("ID token exchange refuses another shop's ID token, and a shop that has not installed the app", async () => {
  const [shop, other] = [newShop(), newShop()];
  await client().installShop(shop);
  await client().createShop(other);
  const foreign = await post(shop, { ...EXCHANGE, subject_token: await client().idToken(shop, { wrongShop: other }) });
  expect(foreign.status).toBe(400);
  expect(await refusal(acquire(other))).toEqual(INVALID_SUBJECT_TOKEN);
});

test("ID tokens carry every documented claim, live a minute by the wall clock and pass the library", async () => {
  const shop = newShop();
  await client().installShop(shop);
  await advance(30 * DAY);
  const payload = await contract.library.session.decodeSessionToken(await client().idToken(shop, { userId: "42" }));
  expect(payload).toEqual({
    iss: `https://${shop}/admin`,
    dest: `https://${shop}`,
    aud: APP.clientId,
    sub: "42",
    exp: payload.nbf + 60,
    nbf: expect.any(Number),
    iat: payload.nbf,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    sid: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(Math.abs(payload.nbf - Date.now() / 1000)).toBeLessThan(5);
});

test("migration gives a pair, kills the permanent token for the Admin API and cannot be undone", async () => {
  const { shop, permanent } = await installedWithPermanent();
  const pair = await migrate(shop, permanent);
  expect(pair.refreshToken).toBeTruthy();
  await expect(query(pair)).resolves.toBeTruthy();
  await expect(query({ shop, accessToken: permanent })).rejects.toThrow(/401/);
});

test("migration again with the same token and credentials gives the same pair for 7 days", async () => {
  const { shop, permanent } = await installedWithPermanent();
  const first = await migrate(shop, permanent);
  await advance(7 * DAY - MINUTE);
  const second = await migrate(shop, permanent);
  expect(second).toMatchObject({ accessToken: first.accessToken, refreshToken: first.refreshToken });
  // The access token has been extended to a full hour, the refresh token has not.
  await advance(HOUR / 2);
  await expect(query(second)).resolves.toBeTruthy();
  const left = second.refreshTokenExpires!.getTime() - Date.now();
  expect(Math.abs(left - (83 * DAY + MINUTE))).toBeLessThan(10_000);
});

test("migration again ends after 7 days", async () => {
  const { shop, permanent } = await installedWithPermanent();
  await migrate(shop, permanent);
  await advance(7 * DAY);
  expect(await refusal(migrate(shop, permanent))).toEqual(INVALID_SUBJECT_TOKEN);
});

test("migration again ends at the first refresh of the pair", async () => {
  const { shop, permanent } = await installedWithPermanent();
  const pair = await migrate(shop, permanent);
  await refresh(shop, pair.refreshToken!);
  expect(await refusal(migrate(shop, permanent))).toEqual(INVALID_SUBJECT_TOKEN);
});

test("migration again ends at any later acquisition", async () => {
  const { shop, permanent } = await installedWithPermanent();
  await migrate(shop, permanent);
  await acquire(shop);
  expect(await refusal(migrate(shop, permanent))).toEqual(INVALID_SUBJECT_TOKEN);
});

test("migration again needs the same client credentials", async () => {
  const { shop, permanent } = await installedWithPermanent();
  const first = await migrate(shop, permanent);
  const { secret } = await client().rotateSecret();
  const rotated = createLibrary({ apiSecretKey: secret });
  expect(await refusal(migrate(shop, permanent, { library: rotated }))).toEqual(INVALID_SUBJECT_TOKEN);
  await expect(migrate(shop, permanent)).resolves.toMatchObject({ refreshToken: first.refreshToken });
});

test("form bodies are understood like JSON ones; errors are HTML for callers that do not accept JSON", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const pair = await acquire(shop);
  const form = (refreshToken: string) =>
    fetch(`https://${shop}/admin/oauth/access_token`, {
      method: "POST",
      body: new URLSearchParams({
        client_id: APP.clientId,
        client_secret: APP.clientSecret,
        grant_type: "refresh_token",
        refresh_token: refreshToken,
      }),
    });
  const good = await form(pair.refreshToken!);
  expect(good.status).toBe(200);
  expect(good.headers.get("content-type")).toContain("application/json");
  expect(Object.keys((await good.json()) as object).sort()).toEqual([
    "access_token",
    "expires_in",
    "refresh_token",
    "refresh_token_expires_in",
    "scope",
  ]);
  const bad = await form("shprt_00000000000000000000000000000000");
  expect(bad.status).toBe(401);
  expect(bad.headers.get("content-type")).toContain("text/html");
  expect(await bad.text()).toContain("Oauth error invalid_request: This request requires an active refresh_token");
});

test("client credentials are refused: this app is not of the shop's organization", async () => {
  const shop = newShop();
  await client().installShop(shop);
  expect((await refusal(contract.library.auth.clientCredentials({ shop }))).body).toMatchObject({
    error: "invalid_client",
  });
});
