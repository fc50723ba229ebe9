// Proves that of two rows of one shop only its offline session is used and written, whatever either of them holds.
import { describe, expect, test } from "vitest";
import { countRemainingTokens } from "../../app/tokens/index.ts";
import { HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();
const HELD = ["permanent", "pair", "expired", "dead"] as const;
type Held = (typeof HELD)[number];

const OTHER_IDS = {
  "the shop's name": (shop: string) => shop,
  "another spelling": (shop: string) => `offline_${shop.toUpperCase()}`,
};

const CASES = HELD.flatMap((own) =>
  HELD.flatMap((other) => (Object.keys(OTHER_IDS) as (keyof typeof OTHER_IDS)[]).map((id) => ({ own, other, id }))),
);

/** The shop's offline session, as Shopify knows it. */
async function installWith(held: Held): Promise<string> {
  const shop = await h.install(held === "permanent" ? "permanent" : "expiring");
  if (held === "pair") return shop;
  if (held === "dead") await h.sandbox.client.revokeTokens(shop);
  if (held !== "permanent") await h.advance(2 * HOUR_MS);
  return shop;
}

/** What another program left: tokens that Shopify does not know. */
async function addRow(id: string, shop: string, held: Held): Promise<void> {
  const [hours, days] = { permanent: [0, 0], pair: [1, 60], expired: [-1, 60], dead: [-1, -1] }[held];
  await h.database.query(
    `INSERT INTO "Session" (id, shop, state, "accessToken", "refreshToken", expires, "refreshTokenExpires")
     SELECT $1, $2, '', 'shpat_0123456789abcdef0123456789abcdef', CASE WHEN p THEN NULL ELSE 'shprt_0123456789abcdef0123456789abcdef' END,
       CASE WHEN NOT p THEN at + $4::int * interval '1 hour' END, CASE WHEN NOT p THEN at + $5::int * interval '1 day' END
     FROM (SELECT $3::boolean AS p, $6::timestamptz AT TIME ZONE 'UTC' AS at) given`,
    [id, shop, held === "permanent", hours, days, new Date(h.now()).toISOString()],
  );
}

describe.each(CASES)("$own, beside a row with $id that is $other", ({ own, other, id }) => {
  test("is migrated, refreshed or healed; the other row stays as it is, and is said where it counts", async () => {
    const shop = await installWith(own);
    const otherId = OTHER_IDS[id](shop);
    await addRow(otherId, id === "another spelling" ? shop.toUpperCase() : shop, other);
    const read = () => h.database.query(`SELECT * FROM "Session" WHERE id = $1`, [otherId]);
    const before = await read();
    const tokens = h.process();
    const db = { db: tokens.prisma };

    const outcomes = {
      permanent: "migrated",
      pair: "already_expiring",
      expired: "already_expiring",
      dead: "already_expiring",
    };
    const { outcome } = await tokens.migrate(shop);
    expect(outcome).toBe(outcomes[own]);
    if (own === "dead") {
      await expect(tokens.getSession(shop)).rejects.toMatchObject({ code: "reauthorization_required" });
      await tokens.getSession(shop, { idToken: await h.idToken(shop) });
    } else {
      await tokens.getSession(shop);
    }
    await h.expectCurrent(shop);
    const calls = (await h.tokenCalls(shop)).map(({ grant }) => grant);
    expect(calls).toEqual(
      { permanent: ["migration"], pair: [], expired: ["refresh"], dead: ["refresh", "id_token"] }[own],
    );
    expect(await read()).toEqual(before);
    expect(await countRemainingTokens(db)).toEqual(other === "permanent" ? { foreign_session: 1 } : {});
    await h.database.query(`TRUNCATE "Session", expand_contract."ShopToken"`);
  });
});
