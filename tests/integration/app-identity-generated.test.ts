// Proves with generated requests that no stranger's query, cookie or ID token makes the app call Shopify for another shop, or names one.
import fc from "fast-check";
import { expect, it } from "vitest";
import { identityHarness, idTokenWith, launch, link, type Query, VICTIMS } from "./identity-harness.ts";

const world = identityHarness();

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
    const rowsBefore = await world.database.current.query(
      `SELECT * FROM "Session" WHERE "shop" LIKE 'victim%' ORDER BY "id"`,
    );
    await fc.assert(
      fc.asyncProperty(request, async ({ door, base, mutations, cookie, header, frame, method }) => {
        const query =
          base === "callback"
            ? world.callback()
            : base === "link"
              ? link()
              : launch(base === "token" ? { id_token: idTokenWith({}) } : {});
        const headers: Record<string, string> = { "Sec-Fetch-Dest": frame ? "iframe" : "document" };
        if (cookie) headers.Cookie = world.begun.cookie;
        if (header !== "none") {
          headers.Authorization = {
            sender: `Bearer ${idTokenWith({})}`,
            bare: idTokenWith({}),
            two: `Bearer a, Bearer ${idTokenWith({})}`,
          }[header]!;
        }
        const response = await world.merchant.visit(`${door}?${mutate(query, mutations)}`, { method, headers });
        await response.arrayBuffer();
        expect(response.status).toBeLessThan(500);
        for (const name of ["content-security-policy", "link", "set-cookie"]) {
          expect(response.headers.get(name) ?? "").not.toContain("victim");
        }
      }),
      { numRuns: 400 },
    );
    for (const victim of VICTIMS) {
      const calls = (await world.callsFor(victim)).filter(({ endpoint }) => endpoint !== "authorize");
      expect(calls, victim).toEqual([]);
    }
    expect(
      await world.database.current.query(`SELECT 1 FROM expand_contract."ShopToken" WHERE "shop" LIKE 'victim%'`),
    ).toEqual([]);
    expect(
      await world.database.current.query(`SELECT * FROM "Session" WHERE "shop" LIKE 'victim%' ORDER BY "id"`),
    ).toEqual(rowsBefore);
  },
);
