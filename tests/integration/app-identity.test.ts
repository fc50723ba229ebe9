// Proves that a request touches the one shop that Shopify's signature names in it, and no other; the simulator's ledger is the judge.
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { merchantOf, type Merchant } from "../support/app-requests.ts";
import { testDatabase } from "../support/postgres.ts";
import { startTestSandbox, TEST_APP } from "../support/sandbox.ts";

const SENDER = "sender.myshopify.com";
/** One whose permanent token anybody's migration would end, and one whose pair is due for a refresh. */
const VICTIMS = ["victim-permanent.myshopify.com", "victim-expired.myshopify.com"] as const;

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

type Query = [name: string, value: string][];

/** A query as Shopify signs it. */
function signed(fields: Record<string, string>): Query {
  const query: Query = Object.entries({ timestamp: String(Math.trunc(Date.now() / 1_000)), ...fields });
  const message = new URLSearchParams([...query].sort(([a], [b]) => (a < b ? -1 : 1)))
    .toString()
    .replaceAll("+", "%20");
  return [...query, ["hmac", createHmac("sha256", TEST_APP.clientSecret).update(message).digest("hex")]];
}

const host = Buffer.from("admin.shopify.com/store/sender").toString("base64");
const callback = (fields: Record<string, string> = {}) =>
  signed({ shop: SENDER, host, code: "0123456789abcdef", state: begun.state, ...fields });
const launch = (fields: Record<string, string> = {}) =>
  signed({ shop: SENDER, host, embedded: "1", locale: "en", session: "5e55", ...fields });
const link = () => signed({ shop: SENDER, host });
const text = (query: Query) => new URLSearchParams(query).toString();

/** An ID token with any claims, signed as Shopify signs. */
function idTokenWith(claims: Record<string, unknown>): string {
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
  const input = [{ alg: "HS256", typ: "JWT" }, all]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${input}.${createHmac("sha256", TEST_APP.clientSecret).update(input).digest("base64url")}`;
}

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
      for (const query of [callback(), launch(), link()]) {
        for (const name of ["shop", "shop[]", "Shop", " shop", "shop[0]", "shop\0"]) {
          for (const spliced of [[[name, victim], ...query] as Query, [...query, [name, victim]] as Query]) {
            const response = await merchant.visit(`${door}?${text(spliced)}`, { headers: { Cookie: begun.cookie } });
            const told = `${door} ${JSON.stringify(name)} ${response.status}`;
            expect(response.status, told).toBe(400);
            expect(JSON.stringify([...response.headers]), told).not.toContain("victim");
          }
        }
      }
    }
    expect(await callsFor(victim)).toEqual([]);
    expect(await callsFor(SENDER)).toEqual([]);
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
        const query: Query = [...callback({ id_token: "x" }), [name, "x"]];
        const response = await merchant.visit(`${door}?${text(query)}`, { headers: { Cookie: begun.cookie } });
        expect(response.status, door).toBe(400);
      }
      expect(await callsFor(SENDER)).toEqual([]);
    },
  );
});

describe("/auth/callback", () => {
  it("takes no lease and calls nobody before Shopify's signature, the state and the cookie are right", async () => {
    const own = "own-lease.myshopify.com";
    await database.current.query(
      `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "accessToken") VALUES ($1, $2, '', false, $3)`,
      [`offline_${own}`, own, (await sandbox.client.installShop(own, { token: "permanent" })).accessToken],
    );
    const attempts: [Query, string][] = [
      [callback({ shop: own }), ""],
      [callback({ shop: own, state: "another" }), begun.cookie],
      [callback({ shop: own, state: "" }), begun.cookie],
      [callback({ shop: own }), begun.cookie.replace(/\d/g, "0")],
      [signed({ shop: own, host, code: "x" }), begun.cookie],
      [signed({ shop: own, host, state: begun.state }), begun.cookie],
      [callback({ shop: own, timestamp: String(Math.trunc(Date.now() / 1_000) - 91) }), begun.cookie],
      [callback({ shop: own }).map(([name, value]) => [name, name === "code" ? "other" : value]), begun.cookie],
    ];
    for (const [query, cookie] of attempts) {
      const response = await merchant.visit(`/auth/callback?${text(query)}`, { headers: { Cookie: cookie } });
      expect([302, 400], text(query)).toContain(response.status);
    }
    expect(await callsFor(own)).toEqual([]);
    expect(await database.current.query(`SELECT 1 FROM expand_contract."ShopToken" WHERE "shop" = $1`, [own])).toEqual(
      [],
    );
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
      const data = await merchant.data(SENDER, path, idToken);
      expect(data.status, path).toBe(401);
      expect(await data.text(), path).toContain("Shopify admin");
    }
    const page = await merchant.visit(`/app?${text(launch({ id_token: idToken }))}`);
    expect(page.status).toBe(401);
    expect(await page.text()).toContain("This app opens in Shopify admin only");
    expect(await callsFor(SENDER)).toEqual([]);
    expect(await callsFor(VICTIMS[0])).toEqual([]);
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
      const page = await merchant.visit(`/app?${text(query)}`, { headers });
      expect(page.status).toBe(200);
      expect(page.headers.get("content-security-policy")).toBe(
        `frame-ancestors https://${SENDER} https://admin.shopify.com`,
      );
      const data = await merchant.visit(`/app.data?shop=${VICTIMS[1]}`, {
        headers: { ...headers, Authorization: `Bearer ${idTokenWith({})}` },
      });
      expect(data.status).toBe(200);
    }
    for (const victim of VICTIMS) expect(await callsFor(victim)).toEqual([]);
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
      const response = await merchant.visit(`${path}${path.includes("?") ? "&" : "?"}shop=${VICTIMS[0]}&embedded=1`);
      const policy = `${response.headers.get("content-security-policy")} ${response.headers.get("link")}`;
      expect(policy, path).not.toContain("victim");
    }
  });
});

describe("whatever a stranger sends", () => {
  const DOORS = [
    "/auth/callback",
    "/auth",
    "/app",
    "/app.data",
    "/app/connection",
    "/auth/session-token",
    "/auth/exit-iframe",
    "/auth/login",
    "/",
  ];

  const mutation = fc.oneof(
    fc.record({
      kind: fc.constant("insert" as const),
      at: fc.nat(12),
      name: fc.constantFrom(
        "shop",
        "shop[]",
        "SHOP",
        "%73hop",
        "shop%00",
        "host",
        "hmac",
        "id_token",
        "state",
        "embedded",
        "dest",
        "__proto__",
      ),
      victim: fc.constantFrom(...VICTIMS),
    }),
    fc.record({
      kind: fc.constant("replace" as const),
      name: fc.constantFrom("shop", "host", "id_token", "hmac", "state", "timestamp", "embedded"),
      victim: fc.constantFrom(...VICTIMS),
    }),
    fc.record({ kind: fc.constant("drop" as const), at: fc.nat(12) }),
    fc.record({ kind: fc.constant("repeat" as const), at: fc.nat(12) }),
    fc.record({ kind: fc.constant("swap" as const), at: fc.nat(12), to: fc.nat(12) }),
    fc.record({ kind: fc.constant("encode" as const), at: fc.nat(12) }),
    fc.record({
      kind: fc.constant("separator" as const),
      with: fc.constantFrom("&&", ";", "&amp;", "%26", "&=&", "?", "#"),
    }),
  );
  type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never;
  const request = fc.record({
    door: fc.constantFrom(...DOORS),
    base: fc.constantFrom("callback" as const, "launch" as const, "link" as const, "token" as const),
    mutations: fc.array(mutation, { maxLength: 3 }),
    cookie: fc.boolean(),
    header: fc.constantFrom("none", "none", "sender", "bare", "two"),
    frame: fc.boolean(),
    method: fc.constantFrom("GET", "GET", "GET", "HEAD", "POST"),
  });

  const encode = (value: string) =>
    [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

  function mutate(query: Query, mutations: Mutation[]): string {
    const parts = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    let separator = "&";
    for (const m of mutations) {
      const at = "at" in m ? m.at % (parts.length + 1) : 0;
      const there = parts[at];
      const value =
        "victim" in m &&
        (m.name === "host"
          ? Buffer.from(`admin.shopify.com/store/${m.victim.split(".")[0]}`).toString("base64")
          : m.name === "embedded"
            ? "1"
            : m.victim);
      if (m.kind === "insert") parts.splice(at, 0, `${m.name}=${value}`);
      else if (m.kind === "replace")
        parts.forEach((part, i) => part.startsWith(`${m.name}=`) && (parts[i] = `${m.name}=${value}`));
      else if (m.kind === "separator") separator = m.with;
      else if (there === undefined) continue;
      else if (m.kind === "drop") parts.splice(at, 1);
      else if (m.kind === "repeat") parts.push(there);
      else if (m.kind === "swap") parts.splice(m.to % parts.length, 0, ...parts.splice(at, 1));
      else parts[at] = `${there.split("=")[0]}=${encode(decodeURIComponent(there.slice(there.indexOf("=") + 1)))}`;
    }
    return parts.join(separator);
  }

  it(
    "no call is made for another shop, no header names one, and nothing is answered 5xx",
    { timeout: 120_000 },
    async () => {
      const rowsBefore = await database.current.query(
        `SELECT * FROM "Session" WHERE "shop" LIKE 'victim%' ORDER BY "id"`,
      );
      await fc.assert(
        fc.asyncProperty(request, async ({ door, base, mutations, cookie, header, frame, method }) => {
          const query =
            base === "callback"
              ? callback()
              : base === "link"
                ? link()
                : launch(base === "token" ? { id_token: idTokenWith({}) } : {});
          const headers: Record<string, string> = { "Sec-Fetch-Dest": frame ? "iframe" : "document" };
          if (cookie) headers.Cookie = begun.cookie;
          if (header !== "none") {
            headers.Authorization = {
              sender: `Bearer ${idTokenWith({})}`,
              bare: idTokenWith({}),
              two: `Bearer a, Bearer ${idTokenWith({})}`,
            }[header]!;
          }
          const response = await merchant.visit(`${door}?${mutate(query, mutations)}`, { method, headers });
          await response.arrayBuffer();
          expect(response.status).toBeLessThan(500);
          for (const name of ["content-security-policy", "link", "set-cookie"]) {
            expect(response.headers.get(name) ?? "").not.toContain("victim");
          }
        }),
        { numRuns: 400 },
      );
      for (const victim of VICTIMS) {
        const calls = (await callsFor(victim)).filter(({ endpoint }) => endpoint !== "authorize");
        expect(calls, victim).toEqual([]);
      }
      expect(
        await database.current.query(`SELECT 1 FROM expand_contract."ShopToken" WHERE "shop" LIKE 'victim%'`),
      ).toEqual([]);
      expect(await database.current.query(`SELECT * FROM "Session" WHERE "shop" LIKE 'victim%' ORDER BY "id"`)).toEqual(
        rowsBefore,
      );
    },
  );
});

describe("while the client secret is being changed", () => {
  it("what Shopify signs with the old or the new one is accepted, and nothing else", async () => {
    const shop = "rotation.myshopify.com";
    const other = await startTestSandbox({ app: { legacyInstallFlow: true } });
    const { secret } = await other.client.rotateSecret();
    const rotated = await startTestApp({
      sandbox: other,
      databaseUrl: database.current.url,
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
