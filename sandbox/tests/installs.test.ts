// Proves how apps are installed and opened, through Shopify's own library.
import { createHmac } from "node:crypto";
import { join } from "node:path";

import { HttpResponseError } from "@shopify/shopify-api";
import { afterEach, expect, test } from "vitest";

import { BROWSER } from "./library-app.ts";
import { APP, INVALID_SUBJECT_TOKEN, newShop, refusal, setUpContract } from "./support.ts";

const contract = setUpContract({
  appOptions: { legacyInstallFlow: true, tomlPath: join(import.meta.dirname, "shopify.app.toml"), name: "Contract" },
});
const { acquire, refresh, query, client } = contract;
afterEach(() => client().app({ legacyInstallFlow: true }));

/** The first leg of the authorization code grant: where the library sends the merchant, and its state cookie. */
async function begin(shop: string): Promise<{ authorizeUrl: string; cookie: string }> {
  const started = (await contract.library.auth.begin({
    shop,
    callbackPath: "/auth/callback",
    isOnline: false,
    rawRequest: new Request(`${APP.url}/auth?shop=${shop}`, { headers: { "user-agent": BROWSER } }),
  })) as Response;
  const cookie = started.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  return { authorizeUrl: started.headers.get("location")!, cookie };
}

async function approve(authorizeUrl: string): Promise<string> {
  const answer = await fetch(authorizeUrl, { redirect: "manual" });
  expect(answer.status).toBe(302);
  return answer.headers.get("location")!;
}

function callback(location: string, cookie: string, expiring: boolean) {
  const rawRequest = new Request(location, { headers: { cookie, "user-agent": BROWSER } });
  return contract.library.auth.callback({ rawRequest, expiring });
}

test.each([true, false])("authorization code grant, expiring: %s; a used code is refused", async (expiring) => {
  const shop = newShop();
  await client().createShop(shop);
  const { authorizeUrl, cookie } = await begin(shop);
  const location = await approve(authorizeUrl);
  const { searchParams } = new URL(location);
  expect([...searchParams.keys()].sort()).toEqual(["code", "hmac", "host", "shop", "state", "timestamp"]);
  expect(contract.library.utils.sanitizeHost(searchParams.get("host")!)).toBe(searchParams.get("host"));
  const { session } = await callback(location, cookie, expiring);
  expect(Boolean(session.refreshToken)).toBe(expiring);
  // The library asks for the smallest set: writing implies reading.
  expect(session.scope).toBe("write_products");
  await expect(query(session)).resolves.toBeTruthy();
  expect((await client().shop(shop)).installed).toBe(true);

  const again = await callback(location, cookie, expiring).catch((error: unknown) => error);
  expect(again).toBeInstanceOf(HttpResponseError);
  expect((again as HttpResponseError).response).toMatchObject({ code: 400, body: { error: "invalid_request" } });
});

test("the callback's signature is checked by the library: a changed shop is refused", async () => {
  const shop = newShop();
  await client().createShop(shop);
  const { authorizeUrl, cookie } = await begin(shop);
  const location = (await approve(authorizeUrl)).replace(`shop=${shop}`, "shop=other.myshopify.com");
  await expect(callback(location, cookie, true)).rejects.toThrow(/Invalid OAuth callback/);
});

test("authorize asks browsers for consent, and refuses unknown apps and foreign redirects", async () => {
  const shop = newShop();
  await client().createShop(shop);
  const { authorizeUrl } = await begin(shop);
  const page = await fetch(authorizeUrl, { headers: { accept: "text/html" }, redirect: "manual" });
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("Install Contract");
  const consented = await fetch(authorizeUrl, { method: "POST", headers: { accept: "text/html" }, redirect: "manual" });
  expect(consented.status).toBe(302);
  const changed = (name: string, value: string): string => {
    const url = new URL(authorizeUrl);
    url.searchParams.set(name, value);
    return url.toString();
  };
  expect((await fetch(changed("client_id", "nobody"))).status).toBe(400);
  expect((await fetch(changed("redirect_uri", "https://evil.example/auth/callback"))).status).toBe(400);
  expect((await fetch(changed("redirect_uri", `${APP.url}/elsewhere`))).status).toBe(400);
});

test("the launch URL is signed as the library checks it", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const url = new URL(await client().launchUrl(shop, { path: "/app" }));
  expect(url.searchParams.get("embedded")).toBe("1");
  const valid = await contract.library.utils.validateHmac(Object.fromEntries(url.searchParams) as never);
  expect(valid).toBe(true);
});

test("uninstall kills every token at once; a reinstall needs a new grant", async () => {
  const shop = newShop();
  const { accessToken } = await client().installShop(shop, { token: "permanent" });
  const pair = await acquire(shop);
  await client().webhooks.hold();
  await client().uninstall(shop);
  for (const token of [accessToken!, pair.accessToken!]) {
    await expect(query({ shop, accessToken: token })).rejects.toThrow(/401/);
  }
  expect(await refusal(acquire(shop))).toEqual(INVALID_SUBJECT_TOKEN);
  await client().reinstall(shop);
  await expect(refresh(shop, pair.refreshToken!)).rejects.toThrow(/401/);
  await expect(query(await acquire(shop))).resolves.toBeTruthy();
});

test("the scope that comes back is the one the merchant granted, not the one asked for", async () => {
  const shop = newShop();
  await client().installShop(shop, { scopes: ["read_products"] });
  const pair = await acquire(shop);
  expect(pair.scope).toBe("read_products");
  await client().webhooks.hold();
  await client().setScopes(shop, ["read_products", "write_products"]);
  expect((await refresh(shop, pair.refreshToken!)).scope).toBe("read_products,write_products");
});

test("webhooks and signatures keep the oldest secret until it is revoked", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const { secret } = await client().rotateSecret();
  const signedWith = async (): Promise<string> => {
    const { searchParams } = new URL(await client().launchUrl(shop, { idToken: false }));
    const hmac = searchParams.get("hmac");
    searchParams.delete("hmac");
    searchParams.sort();
    const message = searchParams.toString().replace(/\+/g, "%20");
    const by = (key: string): string => createHmac("sha256", key).update(message).digest("hex");
    return hmac === by(APP.clientSecret) ? "old" : hmac === by(secret) ? "new" : "none";
  };
  expect(await signedWith()).toBe("old");
  await client().revokeOldSecrets();
  expect(await signedWith()).toBe("new");
});
