// Proves that the ledger judges what an app has done to its tokens.
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

import { expect, test } from "vitest";

import { SandboxControlError } from "../client.ts";
import { APP, HOUR, newShop, refusal, setUpContract } from "./support.ts";

const contract = setUpContract();
const { acquire, migrate, refresh, query, advance, client } = contract;

test("isCurrentPair: only the pair issued last, both halves", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const first = await acquire(shop);
  const second = await refresh(shop, first.refreshToken!);
  const is = (accessToken: string, refreshToken: string | null) =>
    client().ledger.isCurrentPair(shop, { accessToken, refreshToken });
  expect(await is(second.accessToken!, second.refreshToken!)).toBe(true);
  expect(await is(first.accessToken!, first.refreshToken!)).toBe(false);
  expect(await is(first.accessToken!, second.refreshToken!)).toBe(false);
  expect(await is(second.accessToken!, null)).toBe(false);
  expect(await client().ledger.notCurrent([second as never])).toEqual([]);
  expect(await client().ledger.notCurrent([second as never, first as never])).toEqual([shop]);
});

test("orphans: a row that cannot be refreshed although a usable pair exists", async () => {
  const [kept, stale, permanent, gone, spent] = Array.from({ length: 5 }, newShop) as [
    string,
    string,
    string,
    string,
    string,
  ];
  for (const shop of [kept, stale, gone]) await client().installShop(shop);
  const rows = [];
  rows.push(await acquire(kept));
  rows.push(await acquire(stale));
  await acquire(stale);
  const { accessToken } = await client().installShop(permanent, { token: "permanent" });
  rows.push({ shop: permanent, accessToken: accessToken!, refreshToken: null });
  rows.push(await acquire(gone));
  await client().uninstall(gone, { webhook: false });
  const old = await client().installShop(spent, { token: "permanent" });
  await refresh(spent, (await migrate(spent, old.accessToken!)).refreshToken!);
  rows.push({ shop: spent, accessToken: old.accessToken!, refreshToken: null });
  expect(await client().ledger.orphans(rows as never)).toEqual([stale, spent]);
});

test("usedAfterEnd: calls with a token that had ended, and why it had", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const pair = await acquire(shop);
  await query(pair);
  expect(await client().ledger.usedAfterEnd()).toEqual([]);
  await advance(HOUR);
  await query(pair).catch(() => undefined);
  await acquire(shop);
  await refusal(refresh(shop, pair.refreshToken!));
  await client().uninstall(shop, { webhook: false });
  const used = await client().ledger.usedAfterEnd();
  expect(used.map(({ reason, token, call }) => [reason, token.kind, call.endpoint])).toEqual([
    ["expired", "access", "graphql"],
    ["another_acquisition", "refresh", "token"],
  ]);
  expect(JSON.stringify(used)).not.toContain(pair.accessToken);
});

test("secretSightings: tokens in query strings and wrong places are noticed", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const pair = await acquire(shop);
  expect(await client().ledger.secretSightings()).toEqual([]);
  await fetch(`https://${shop}/admin/api/2026-10/shop.json?access_token=${pair.accessToken}`);
  await contract.raw(shop, pair.refreshToken!);
  await contract.raw(shop, pair.accessToken!, { query: `{ shop { name } } # ${pair.refreshToken}` });
  const seen = await client().ledger.secretSightings();
  expect(seen.map(({ secret, where }) => [secret, where])).toEqual([
    ["access token", "url"],
    ["refresh token", "access token header"],
    ["refresh token", "graphql body"],
  ]);
  expect(JSON.stringify(seen)).not.toContain(pair.accessToken);
});

test("findSecrets: a text is searched for everything the simulator issued", async () => {
  const shop = newShop();
  const old = "abcdef0123456789abcdef0123456789";
  await client().installShop(shop, { accessToken: old });
  const pair = await acquire(shop);
  const log = `ok ${pair.accessToken}\n${pair.refreshToken} ${old} ${APP.clientSecret} ${await client().idToken(shop)} 0123`;
  const found = (await client().ledger.findSecrets(log)).map(({ secret }) => secret).sort();
  expect(found).toEqual(["ID token", "access token", "access token", "client secret", "refresh token"]);
  expect(await client().ledger.findSecrets(`shop ${shop} migrated, key ${APP.clientId}`)).toEqual([]);
});

test("every call is in the ledger, with the tokens presented and issued by id", async () => {
  const shop = newShop();
  await client().installShop(shop);
  const pair = await acquire(shop);
  await refresh(shop, pair.refreshToken!);
  const calls = await client().ledger.calls({ shop });
  expect(calls).toMatchObject([
    { endpoint: "token", grant: "id_token", status: 200, outcome: "issued", issued: [1, 2] },
    { endpoint: "token", grant: "refresh", status: 200, outcome: "issued", presented: 2, issued: [3, 4] },
  ]);
  expect((await client().shop(shop)).timeline.map(({ type }) => type)).toEqual([
    "installed",
    "pair_issued",
    "pair_issued",
  ]);
  expect(await client().ledger.summary()).toMatchObject({ tokenCalls: { id_token: 1, refresh: 1 }, pairsLive: 1 });
});

test("the control API refuses what it does not know, and pages of other origins", async () => {
  await expect(client().shop("nobody.myshopify.com")).rejects.toMatchObject({ code: "unknown_shop", status: 404 });
  await expect(client().installShop("not a shop")).rejects.toBeInstanceOf(SandboxControlError);
  await expect(client().choices({ nonsense: 1 } as never)).rejects.toMatchObject({ status: 422 });
  const { url } = contract.sandbox;
  const post = (headers: Record<string, string>) =>
    fetch(`${url}/control/reset`, { method: "POST", body: "[]", headers });
  expect((await post({ origin: "https://evil.example" })).status).toBe(403);
  expect((await post({ origin: url })).status).toBe(200);
  expect((await fetch(`${url}/control/nothing`, { method: "POST" })).status).toBe(404);
  expect((await fetch(`${url}/control/reset`)).status).toBe(405);
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
});

test("the proxy opens Shopify's hosts only, and ends TLS with a certificate of its own authority", async () => {
  const port = Number(new URL(contract.sandbox.proxyUrl).port);
  const connectTo = (target: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const outgoing = httpRequest({ host: "127.0.0.1", port, method: "CONNECT", path: target });
      outgoing.on("connect", (answer, socket) => {
        socket.destroy();
        resolve(answer.statusCode ?? 0);
      });
      outgoing.on("error", reject);
      outgoing.end();
    });
  expect(await connectTo("example.com:443")).toBe(403);
  expect(await connectTo("evil-myshopify.com:443")).toBe(403);
  expect(await connectTo("a.myshopify.com:22")).toBe(403);
  expect(await connectTo("a.myshopify.com:443")).toBe(200);
  const authorized = await new Promise<boolean>((resolve, reject) => {
    const raw = connect(port, "127.0.0.1", () =>
      raw.write("CONNECT a.myshopify.com:443 HTTP/1.1\r\nhost: a.myshopify.com:443\r\n\r\n"),
    );
    raw.once("data", () => {
      const secured = connectTls({ socket: raw, servername: "a.myshopify.com", ca: contract.sandbox.ca }, () => {
        resolve(secured.authorized);
        secured.destroy();
      });
      secured.on("error", reject);
    });
  });
  expect(authorized).toBe(true);
});

test("mounted routes are asked first, and can be taken away", async () => {
  const unmount = contract.sandbox.mount((_request, response, url) => {
    if (url.pathname !== "/hello") return false;
    response.end(`hello ${url.hostname}`);
    return true;
  });
  expect(await (await fetch("https://a.myshopify.com/hello")).text()).toBe("hello a.myshopify.com");
  unmount();
  expect((await fetch("https://a.myshopify.com/hello")).status).toBe(404);
});
