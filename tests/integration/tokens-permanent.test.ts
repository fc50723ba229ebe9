// Proves what counts as a permanent token, row by row in Postgres and in code, and that a mark belongs to the token it was made for.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countRemainingTokens,
  isPermanentToken,
  listRemainingTokens,
  PERMANENT_TOKEN_PREDICATE,
} from "../../app/tokens/index.ts";
import { isRefusedForGood, tokenFingerprint } from "../../app/tokens/records/permanent-token.ts";
import { tokenStatus } from "../../app/tokens/records/token-status.ts";
import { DAY_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();

const INSERT = `INSERT INTO "Session" (id, shop, state, "isOnline", "accessToken", "refreshToken", expires, "refreshTokenExpires")
  SELECT id, shop, '', "isOnline", "accessToken", "refreshToken", expires, "refreshTokenExpires"
  FROM jsonb_to_recordset($1::jsonb) AS r(id text, shop text, "isOnline" boolean, "accessToken" text, "refreshToken" text,
    expires timestamp, "refreshTokenExpires" timestamp)`;

const text = fc
  .oneof(
    fc.constantFrom("", " ", "x", "🛍", "shpat_1", "shpca_1", "shpua_1", "a'b\\c%_"),
    fc.string({ unit: "grapheme" }),
  )
  .map(
    // Postgres stores no NUL.
    (value) => value.replaceAll("\0", ""),
  );
const date = fc.option(fc.date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true }));
const rows = fc.array(
  fc.record({
    shop: fc.constantFrom(
      "A.myshopify.com",
      "a.myshopify.com",
      "Ünïcode",
      "b.MyShopify.com",
      "",
      "offline_a.myshopify.com",
    ),
    isOnline: fc.boolean(),
    accessToken: text,
    refreshToken: fc.option(text),
    expires: date,
    refreshTokenExpires: date,
    /** Of which credential a mark speaks: this row's, another one's, or it does not say. */
    mark: fc.constantFrom("none", "own", "other", "unsaid"),
  }),
  { minLength: 1, maxLength: 40 },
);

test("SQL and TypeScript agree on every row: permanent, the credential, whether a mark is about it", async () => {
  const tokens = h.process();
  const sha = (value: string) => createHash("sha256").update(value).digest("hex").slice(0, 32);
  await fc.assert(
    fc.asyncProperty(rows, async (generated) => {
      await h.database.query(`TRUNCATE "Session", expand_contract."ShopToken"`);
      const given = generated.map((row, i) => ({ ...row, id: `${row.shop}|${i}`, key: `shop-${i}` }));
      await h.database.query(INSERT, [JSON.stringify(given)]);
      await h.database.query(
        `INSERT INTO expand_contract."ShopToken" (shop, "needsReauthAt", "needsReauthToken")
         SELECT key, now(), token FROM jsonb_to_recordset($1::jsonb) AS r(key text, token text)`,
        [
          JSON.stringify(
            given
              .filter(({ mark }) => mark !== "none")
              .map(({ key, mark, accessToken, refreshToken }) => ({
                key,
                token: mark === "own" ? sha(refreshToken || accessToken) : mark === "other" ? sha("another") : null,
              })),
          ),
        ],
      );
      const said = await h.database.query<{ id: string; permanent: boolean; refused: boolean; fingerprint: string }>(
        `SELECT s.id, (${PERMANENT_TOKEN_PREDICATE}) AS permanent, ${tokenFingerprint("s")} AS fingerprint,
           ${isRefusedForGood("s", "t")} AS refused
         FROM "Session" s LEFT JOIN expand_contract."ShopToken" t ON t.shop = 'shop-' || split_part(s.id, '|', 2)`,
      );
      const bySql = new Map(said.map((row) => [row.id, row]));
      for (const row of given) {
        const session = {
          isOnline: row.isOnline,
          accessToken: row.accessToken || undefined,
          refreshToken: row.refreshToken || undefined,
        };
        const permanent = isPermanentToken({ ...session, refreshToken: row.refreshToken ?? undefined });
        expect(bySql.get(row.id)).toEqual({
          id: row.id,
          permanent,
          fingerprint: sha(row.refreshToken || row.accessToken),
          refused: row.mark === "own",
        });
        const { status } = tokenStatus({ ...session, expires: row.expires ?? undefined }, Date.now());
        if (!row.isOnline) expect(status === "permanent").toBe(permanent);
      }
      const permanent = given.filter(({ id }) => bySql.get(id)!.permanent);
      const counts = await countRemainingTokens({ db: tokens.prisma });
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(permanent.length);
    }),
    { numRuns: 60 },
  );
  await h.database.query(`TRUNCATE "Session", expand_contract."ShopToken"`);
});

/** A shop whose living permanent token is stored as `row` says. */
async function adopt(row: Record<string, unknown> = {}, shop = h.shopName()): Promise<string> {
  const { accessToken } = await h.sandbox.client.installShop(shop, { token: "permanent" });
  const normal = { id: `offline_${shop}`, shop, isOnline: false, accessToken };
  await h.database.query(INSERT, [JSON.stringify([{ ...normal, ...row }])]);
  return shop;
}

describe("rows as others left them", () => {
  test.each([
    ["an empty refresh token", { refreshToken: "" }],
    ["an expiry in the past", { expires: "2024-01-01" }],
    ["an expiry in the future", { expires: "2035-01-01" }],
    ["an expiry of a refresh token it does not have", { refreshTokenExpires: "2024-01-01" }],
  ])("%s beside a permanent token: counted, and migrated", async (_name, row) => {
    const tokens = h.process();
    const shop = await adopt(row);
    expect((await tokens.health()).permanentTokens).toBe(1);
    await tokens.getSession(shop);
    expect(await h.tokenCalls(shop)).toEqual([]);
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "migrated", attempts: 1 });
    await h.expectCurrent(shop);
    expect((await tokens.health()).permanentTokens).toBe(0);
  });

  test.each(["shpca_", "shpua_", "shppa_", "shpat_", ""])("the prefix %j: migrated in a public app", async (prefix) => {
    const shop = h.shopName();
    const accessToken = `${prefix}${createHash("md5").update(shop).digest("hex")}`;
    await h.sandbox.client.installShop(shop, { token: "permanent", accessToken });
    await h.database.query(INSERT, [JSON.stringify([{ id: `offline_${shop}`, shop, isOnline: false, accessToken }])]);
    const exempt = h.process({ distribution: "shopify_admin", phase: "contract" });
    expect(await exempt.health()).toMatchObject({ permanentTokens: 0 });
    expect(await exempt.migrate(shop)).toMatchObject({ outcome: "custom_app", attempts: 0 });
    expect((await exempt.getSession(shop)).accessToken).toBe(accessToken);
    expect(await h.process().health()).toMatchObject({ permanentTokens: 1 });
    expect(await h.process().migrate(shop)).toMatchObject({ outcome: "migrated" });
    await h.expectCurrent(shop);
  });

  test("a shop's name in other letters is the same shop, and its session gets the name it is looked for", async () => {
    const tokens = h.process();
    const shop = h.shopName();
    const odd = shop.replace("shop", "Shop").replace("myshopify", "MyShopify");
    await adopt({ id: `offline_${odd}`, shop: odd }, shop);
    expect(await countRemainingTokens({ db: tokens.prisma })).toEqual({ migratable: 1 });
    expect(await tokens.migrate(odd)).toMatchObject({ outcome: "migrated", shop });
    await h.expectCurrent(shop);
    expect(await countRemainingTokens({ db: tokens.prisma })).toEqual({});
    expect(
      (await h.database.query(`SELECT shop FROM expand_contract."ShopToken" WHERE lower(shop) = $1`, [shop])).length,
    ).toBe(1);
  });

  test("every row that remains has a reason: another id, a second spelling, no shop, another app's", async () => {
    const tokens = h.process();
    const shop = await adopt();
    const accessToken = "shpat_0123456789abcdef0123456789abcdef";
    const left = [
      { id: shop, shop },
      { id: "4f1c", shop },
      { id: `offline_${shop.toUpperCase()}`, shop: shop.toUpperCase() },
      { id: "offline_not a shop", shop: "not a shop" },
    ].map((row) => ({ isOnline: false, accessToken, ...row }));
    await h.database.query(INSERT, [JSON.stringify(left)]);
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "migrated" });
    const remaining = await listRemainingTokens({ db: tokens.prisma }, "", 100);
    expect(remaining.map(({ id, reason }) => [id, reason]).sort()).toEqual(
      left.map(({ id }) => [id, "foreign_session"]).sort(),
    );
    await h.database.query(`TRUNCATE "Session", expand_contract."ShopToken"`);
  });
});

describe("a mark belongs to the token it was made for", () => {
  test.each(["by an older release", "of another token"])(
    "a living permanent token beside a mark %s is tried",
    async (by) => {
      const shop = await adopt();
      await h.database.query(
        `INSERT INTO expand_contract."ShopToken" (shop, "needsReauthAt", "needsReauthWhy", "needsReauthToken") VALUES ($1, now(), 'spent', $2)`,
        [shop, by === "of another token" ? "0".repeat(32) : null],
      );
      const tokens = h.process();
      expect(await tokens.state(shop)).toMatchObject({ status: "permanent", needsReauthAt: undefined });
      expect(await countRemainingTokens({ db: tokens.prisma })).toEqual({ migratable: 1 });
      expect(await tokens.migrate(shop)).toMatchObject({ outcome: "migrated" });
      await h.expectCurrent(shop);
      expect((await h.marks(shop)).needsReauthWhy).toBeNull();
    },
  );

  test("a token that Shopify refused is asked about once; the one that replaces it is tried, and a merchant's visit heals", async () => {
    const shop = await h.install("permanent");
    await h.sandbox.client.revokeTokens(shop);
    const tokens = h.process();
    for (let i = 0; i < 3; i++) {
      expect(await tokens.migrate(shop)).toMatchObject({
        outcome: "needs_reauthorization",
        code: "permanent_token_spent",
      });
      await expect(tokens.getSession(shop)).rejects.toMatchObject({ code: "reauthorization_required" });
    }
    expect(await h.tokenCalls(shop)).toHaveLength(1);
    expect(await tokens.health()).toMatchObject({ permanentTokens: 0 });
    expect(await countRemainingTokens({ db: tokens.prisma })).toEqual({ permanent_token_spent: 1 });

    await h.sandbox.client.uninstall(shop, { webhook: false });
    const { accessToken } = await h.sandbox.client.installShop(shop, { token: "permanent" });
    await h.database.query(`UPDATE "Session" SET "accessToken" = $2, expires = NULL WHERE shop = $1`, [
      shop,
      accessToken,
    ]);
    expect((await tokens.getSession(shop)).accessToken).toBe(accessToken);
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "migrated" });
    await h.expectCurrent(shop);
  });

  test("the same for a chain: the one that was refused parks, the one stored later is refreshed", async () => {
    const shop = await h.install("expiring");
    await h.advance(DAY_MS);
    await h.sandbox.client.revokeTokens(shop);
    const tokens = h.process();
    await expect(tokens.getSession(shop)).rejects.toMatchObject({ reason: "refresh_token_refused" });
    await h.sandbox.client.uninstall(shop, { webhook: false });
    const later = await h.sandbox.client.installShop(shop, { token: "expiring" });
    await h.database.query(
      `UPDATE "Session" SET "accessToken" = $2, "refreshToken" = $3, expires = now() - interval '1 day' WHERE shop = $1`,
      [shop, later.accessToken, later.refreshToken],
    );
    await tokens.getSession(shop);
    await h.expectCurrent(shop);
    expect(await tokens.state(shop)).toMatchObject({ status: "fresh", needsReauthAt: undefined });
  });
});
