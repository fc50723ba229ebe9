// Proves that a request touches the one shop that Shopify's signature names in it, and no other; the simulator's ledger is the judge.
import { describe, expect, it } from "vitest";
import { startTestApp } from "../support/app-process.ts";
import { merchantOf } from "../support/app-requests.ts";
import { startTestSandbox, TEST_APP } from "../support/sandbox.ts";
import {
  host,
  identityHarness,
  idTokenWith,
  launch,
  link,
  type Query,
  SENDER,
  signed,
  text,
  VICTIMS,
} from "./identity-harness.ts";

const world = identityHarness();

describe("a query that Shopify signed for the sender's own store, with another shop put before it", () => {
  const DOORS = [
    "/auth/callback",
    "/auth",
    "/app",
    "/app.data",
    "/auth/session-token",
    "/auth/exit-iframe",
    "/auth/login",
    "/",
  ];

  it.each(VICTIMS)("touches nothing of %s at any door", async (victim) => {
    for (const door of DOORS) {
      for (const query of [world.callback(), launch(), link()]) {
        for (const name of ["shop", "shop[]", "Shop", " shop", "shop[0]", "shop\0"]) {
          for (const spliced of [[[name, victim], ...query] as Query, [...query, [name, victim]] as Query]) {
            const response = await world.merchant.visit(`${door}?${text(spliced)}`, {
              headers: { Cookie: world.begun.cookie },
            });
            const told = `${door} ${JSON.stringify(name)} ${response.status}`;
            expect(response.status, told).toBe(400);
            expect(JSON.stringify([...response.headers]), told).not.toContain("victim");
          }
        }
      }
    }
    expect(await world.callsFor(victim)).toEqual([]);
    expect(await world.callsFor(SENDER)).toEqual([]);
  });

  it.each(["hmac", "host", "id_token", "state", "code", "timestamp"])(
    "is refused when %s is there twice",
    async (name) => {
      for (const door of [
        "/auth/callback",
        "/auth",
        "/app",
        "/app.data",
        "/auth/session-token",
        "/auth/exit-iframe",
        "/",
      ]) {
        const query: Query = [...world.callback({ id_token: "x" }), [name, "x"]];
        const response = await world.merchant.visit(`${door}?${text(query)}`, {
          headers: { Cookie: world.begun.cookie },
        });
        expect(response.status, door).toBe(400);
      }
      expect(await world.callsFor(SENDER)).toEqual([]);
    },
  );
});

describe("/auth/callback", () => {
  it("takes no lease and calls nobody before Shopify's signature, the state and the cookie are right", async () => {
    const own = "own-lease.myshopify.com";
    await world.database.current.query(
      `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "accessToken") VALUES ($1, $2, '', false, $3)`,
      [`offline_${own}`, own, (await world.sandbox.client.installShop(own, { token: "permanent" })).accessToken],
    );
    const attempts: [Query, string][] = [
      [world.callback({ shop: own }), ""],
      [world.callback({ shop: own, state: "another" }), world.begun.cookie],
      [world.callback({ shop: own, state: "" }), world.begun.cookie],
      [world.callback({ shop: own }), world.begun.cookie.replace(/\d/g, "0")],
      [signed({ shop: own, host, code: "x" }), world.begun.cookie],
      [signed({ shop: own, host, state: world.begun.state }), world.begun.cookie],
      [world.callback({ shop: own, timestamp: String(Math.trunc(Date.now() / 1_000) - 91) }), world.begun.cookie],
      [
        world.callback({ shop: own }).map(([name, value]) => [name, name === "code" ? "other" : value]),
        world.begun.cookie,
      ],
    ];
    for (const [query, cookie] of attempts) {
      const response = await world.merchant.visit(`/auth/callback?${text(query)}`, { headers: { Cookie: cookie } });
      expect([302, 400], text(query)).toContain(response.status);
    }
    expect(await world.callsFor(own)).toEqual([]);
    expect(
      await world.database.current.query(`SELECT 1 FROM expand_contract."ShopToken" WHERE "shop" = $1`, [own]),
    ).toEqual([]);
  });
});

describe("an ID token", () => {
  it.each([
    ["of a customer", { sub: "gid://shopify/Customer/1" }],
    ["without a scheme in its destination", { dest: SENDER }],
    ["whose destination is not https", { dest: `http://${SENDER}` }],
    ["whose issuer is another shop", { iss: `https://${VICTIMS[0]}/admin` }],
    ["whose destination is another shop than its issuer", { dest: `https://${VICTIMS[0]}` }],
    ["of an extension", { iss: undefined, sub: undefined }],
    ["without a subject", { sub: undefined }],
    ["whose subject is a number", { sub: 42 }],
    ["without an end", { exp: undefined }],
    ["whose destination is no address", { dest: 7 }],
    ["whose destination has a path", { dest: `https://${SENDER}/x` }],
    ["whose destination has a user", { dest: `https://a@${SENDER}` }],
  ])("%s is answered 401, in words", async (_, claims) => {
    const idToken = idTokenWith(claims);
    for (const path of ["/app", "/app?index", "/app/connection"]) {
      const data = await world.merchant.data(SENDER, path, idToken);
      expect(data.status, path).toBe(401);
      expect(await data.text(), path).toContain("Shopify admin");
    }
    const page = await world.merchant.visit(`/app?${text(launch({ id_token: idToken }))}`);
    expect(page.status).toBe(401);
    expect(await page.text()).toContain("This app opens in Shopify admin only");
    expect(await world.callsFor(SENDER)).toEqual([]);
    expect(await world.callsFor(VICTIMS[0])).toEqual([]);
  });

  it("of the Admin opens its own shop, whatever shop the address names", async () => {
    for (const userAgent of [undefined, "Shopify POS/9.0 (iPad)", "Shopify Mobile/iOS/9.1 (bot)"]) {
      const headers: Record<string, string> = userAgent ? { "User-Agent": userAgent } : {};
      const query: Query = [
        ["embedded", "1"],
        ["shop", VICTIMS[0]],
        ["host", host],
        ["id_token", idTokenWith({})],
      ];
      const page = await world.merchant.visit(`/app?${text(query)}`, { headers });
      expect(page.status).toBe(200);
      expect(page.headers.get("content-security-policy")).toBe(
        `frame-ancestors https://${SENDER} https://admin.shopify.com`,
      );
      const data = await world.merchant.visit(`/app.data?shop=${VICTIMS[1]}`, {
        headers: { ...headers, Authorization: `Bearer ${idTokenWith({})}` },
      });
      expect(data.status).toBe(200);
    }
    for (const victim of VICTIMS) expect(await world.callsFor(victim)).toEqual([]);
  });
});

describe("a page of an unproved shop", () => {
  it("names nobody in its headers", async () => {
    for (const path of [
      "/app",
      "/app/none",
      "/auth/session-token",
      "/auth/exit-iframe?exitIframe=/auth",
      "/nowhere",
      "/auth/login",
    ]) {
      const response = await world.merchant.visit(
        `${path}${path.includes("?") ? "&" : "?"}shop=${VICTIMS[0]}&embedded=1`,
      );
      const policy = `${response.headers.get("content-security-policy")} ${response.headers.get("link")}`;
      expect(policy, path).not.toContain("victim");
    }
  });
});

describe("while the client secret is being changed", () => {
  it("what Shopify signs with the old or the new one is accepted, and nothing else", async () => {
    const shop = "rotation.myshopify.com";
    const other = await startTestSandbox({ app: { legacyInstallFlow: true } });
    const { secret } = await other.client.rotateSecret();
    const rotated = await startTestApp({
      sandbox: other,
      databaseUrl: world.database.current.url,
      env: {
        TOKEN_EXCHANGE_ROLLOUT: `0%,+exchange-${shop}`,
        SHOPIFY_API_SECRET: secret,
        SHOPIFY_API_SECRET_PREVIOUS: TEST_APP.clientSecret,
      },
    });
    try {
      const visitor = merchantOf(rotated, other);
      for (const signingSecret of ["oldest", "newest"] as const) {
        await other.client.choices({ signingSecret });
        await other.client.createShop(`${signingSecret}-${shop}`);
        expect((await visitor.installByCode(`${signingSecret}-${shop}`)).status).toBe(302);
        expect((await visitor.open(`${signingSecret}-${shop}`)).status).toBe(200);
        expect((await visitor.data(`${signingSecret}-${shop}`)).status).toBe(200);
        const link = await visitor.open(`${signingSecret}-${shop}`, { embedded: false });
        expect(link.headers.get("location")).toContain("https://admin.shopify.com/store/");
      }
      const forged = await other.client.idToken(`oldest-${shop}`, { wrongSignature: true });
      expect((await visitor.data(`oldest-${shop}`, "/app", forged)).status).toBe(401);
    } finally {
      await rotated.stop();
      await other.close();
    }
  });
});
