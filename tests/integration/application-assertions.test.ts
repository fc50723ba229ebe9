// Proves that the simulator holds to RFC 7523: which client assertions it refuses, and why.
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { beforeAll, expect, test } from "vitest";
import { TEST_APP } from "../support/sandbox.ts";
import { tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();
const [first, second] = [
  generateKeyPairSync("rsa", { modulusLength: 3_072 }),
  generateKeyPairSync("ec", { namedCurve: "P-256" }),
];
const pem = (key: KeyObject) => key.export({ type: "spki", format: "pem" }) as string;

beforeAll(async () => {
  const { appKeys } = h.sandbox.client;
  await appKeys.add("first", pem(first.publicKey));
  await appKeys.add("second", second.publicKey.export({ format: "jwk" }));
});

const applicationCalls = (shop: string) => h.sandbox.client.ledger.calls({ shop, grant: "application" });

const good = (shop: string) => ({
  iss: TEST_APP.clientId,
  sub: TEST_APP.clientId,
  aud: `https://${shop}/admin/oauth/access_token`,
  exp: Math.floor(Date.now() / 1_000) + 60,
  jti: crypto.randomUUID(),
});

async function send(shop: string, claims: Record<string, unknown>, header: { alg?: string; kid?: string } = {}) {
  const assertion = await new SignJWT(claims)
    .setProtectedHeader({ alg: "ES256", kid: "second", ...header })
    .sign(second.privateKey);
  const response = await fetch(`https://${shop}/admin/oauth/access_token`, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
    }),
  });
  await response.body?.cancel();
  return response.status;
}

test.each<[string, Record<string, unknown>, { kid?: string }?]>([
  ["issuer", { iss: "another" }],
  ["subject", { sub: "another" }],
  ["audience", { aud: "https://another.myshopify.com/admin/oauth/access_token" }],
  ["expired", { exp: Math.floor(Date.now() / 1_000) - 1 }],
  ["lifetime", { exp: Math.floor(Date.now() / 1_000) + 86_400 }],
  ["not_yet_valid", { nbf: Math.floor(Date.now() / 1_000) + 3_600 }],
  ["without_id", { jti: undefined }],
  ["unknown_key", {}, { kid: "third" }],
  ["algorithm", {}, { kid: "first" }],
])("%s", async (reason, claims, header) => {
  const shop = await h.install("none");
  if (header?.kid === "first") await h.sandbox.client.appKeys.add("third-rsa", pem(first.publicKey));
  const kid = header?.kid === "first" ? "third-rsa" : header?.kid;
  expect(await send(shop, { ...good(shop), ...claims }, kid ? { kid } : {})).toBe(401);
  expect(await applicationCalls(shop)).toMatchObject([{ outcome: `assertion_${reason}` }]);
});

test("an assertion is good once", async () => {
  const shop = await h.install("none");
  const claims = good(shop);
  expect(await send(shop, claims)).toBe(200);
  expect(await send(shop, claims)).toBe(401);
  expect((await applicationCalls(shop))[1]).toMatchObject({ outcome: "assertion_used_again" });
});
