// Proves that a redaction leaves nothing of a shop, spares one that is installed again, and is asked for again while Shopify cannot say.
import { expect, test } from "vitest";
import { namedAs, tablesWith } from "./tables-with.ts";
import { DAY_MS, HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();
const QUERY = "query Name { shop { name } }";

test("redaction leaves nothing, unless the shop is installed again", async () => {
  const shop = await h.install("expiring");
  const tokens = h.process();
  await tokens.refresh(shop);
  expect(await tokens.recordRedacted(shop)).toMatchObject({ forgotten: false });
  await h.expectCurrent(shop);
  await h.sandbox.client.uninstall(shop, { webhook: false });
  await h.advance(2 * DAY_MS);
  await tokens.recordUninstalled(shop, new Date(h.now()));
  expect(await tokens.recordRedacted(shop)).toMatchObject({ forgotten: true });
  expect(await tablesWith(h.database, namedAs(shop))).toEqual([]);
});

type Tokens = ReturnType<typeof h.process>;

/** How a shop may stand when its redaction comes. Each is given a shop with the token that is named first. */
const STATES: Record<string, ["permanent" | "expiring", (shop: string, tokens: Tokens) => Promise<unknown>]> = {
  "a permanent token": ["permanent", (shop) => uninstall(shop)],
  "a permanent token that is refused for good": [
    "permanent",
    async (shop, tokens) => [await uninstall(shop), await tokens.migrate(shop)],
  ],
  "a pair": ["expiring", (shop) => uninstall(shop)],
  "a pair that was refreshed, and has a history": [
    "expiring",
    async (shop, tokens) => [await tokens.refresh(shop), await uninstall(shop)],
  ],
  "a dead chain": [
    "expiring",
    async (shop, tokens) => {
      await h.sandbox.client.revokeTokens(shop);
      await h.advance(2 * HOUR_MS);
      await tokens.getSession(shop).catch(() => {});
      await uninstall(shop);
    },
  ],
  "a frozen shop": ["expiring", (shop, tokens) => suspend(shop, tokens, "freeze")],
  "a locked shop": ["expiring", (shop, tokens) => suspend(shop, tokens, "lock")],
  "a closed shop": ["expiring", (shop, tokens) => suspend(shop, tokens, "close")],
  "a closed shop with a permanent token": ["permanent", (shop, tokens) => suspend(shop, tokens, "close")],
  "an uninstall on record": [
    "expiring",
    async (shop, tokens) => [await uninstall(shop), await tokens.recordUninstalled(shop, new Date(h.now()))],
  ],
  "no session any more": [
    "permanent",
    async (shop) => [await uninstall(shop), await h.database.query(`DELETE FROM "Session" WHERE shop = $1`, [shop])],
  ],
  "a session without a token": [
    "permanent",
    async (shop) => [
      await uninstall(shop),
      await h.database.query(`UPDATE "Session" SET "accessToken" = '' WHERE shop = $1`, [shop]),
    ],
  ],
};

const uninstall = (shop: string) => h.sandbox.client.uninstall(shop, { webhook: false });

async function suspend(shop: string, tokens: Tokens, how: "freeze" | "lock" | "close"): Promise<void> {
  await h.sandbox.client[how](shop);
  await tokens
    .admin(shop)
    .graphql(QUERY)
    .catch(() => {});
  await h.advance(2 * DAY_MS);
}

test.each(Object.entries(STATES))(
  "after the redaction of a shop with %s no table names it; another shop keeps what is its own",
  async (_name, [token, bring]) => {
    const shop = await h.install(token, h.shopName());
    const other = await h.install("expiring", `x-${shop}`);
    const tokens = h.process();
    // Rows of other programs, and of members of staff.
    const rows = [`${shop}_7`, shop, `offline_${shop.toUpperCase()}`];
    await h.database.query(
      `INSERT INTO "Session" (id, shop, state, "isOnline", "accessToken", email)
       SELECT id, CASE WHEN id ~ '[A-Z]{3}' THEN upper($1) ELSE $1 END, '', id LIKE '%\\_7', 'x', 'staff@example.com' FROM unnest($2::text[]) id`,
      [shop, rows],
    );
    await bring(shop, tokens);
    await h.advance(2 * DAY_MS);
    // Hours after it was triggered, where Shopify cannot say.
    const at = new Date(h.now() - 4 * HOUR_MS);
    await expect
      .poll(() => tokens.recordRedacted(shop, at).catch((error: unknown) => error), { timeout: 5_000 })
      .toMatchObject({ forgotten: true });
    expect(await tablesWith(h.database, namedAs(shop))).toEqual([]);
    expect(await tablesWith(h.database, namedAs(other))).toContain(`public."Session"`);
    await tokens.getSession(other);
    await h.expectCurrent(other);
  },
);

test.each(["freeze", "close", "lock"] as const)(
  "a shop that Shopify cannot answer for is redacted too (%s), unless it was installed again",
  async (suspend) => {
    const [gone, back] = [await h.install("expiring"), await h.install("expiring")];
    const tokens = h.process();
    await h.advance(3 * DAY_MS);
    await tokens.refresh(back);
    for (const shop of [gone, back]) await h.sandbox.client[suspend](shop);
    await h.advance(4 * HOUR_MS);
    // Hours after it was triggered: Shopify is about to give the delivery up.
    const at = new Date(h.now() - 4 * HOUR_MS);
    expect(await tokens.recordRedacted(gone, at)).toMatchObject({ forgotten: true });
    expect(await h.row(gone)).toBeUndefined();
    expect(await tokens.recordRedacted(back, at)).toMatchObject({ forgotten: false });
    expect(await h.row(back)).toBeDefined();
  },
);

test("a redaction whose uninstall webhook never came spares a shop that was installed again long ago", async () => {
  const shop = await h.install("expiring");
  const tokens = h.process();
  await h.sandbox.client.uninstall(shop, { webhook: false });
  await h.sandbox.client.reinstall(shop);
  await tokens.admin(shop, { idToken: await h.idToken(shop) }).graphql(QUERY);
  await h.advance(2 * DAY_MS);
  expect(await tokens.recordRedacted(shop)).toEqual({ forgotten: false, reason: "reinstalled_since" });
  await h.expectCurrent(shop);
});

test("a redaction while Shopify cannot say forgets nothing, and asks to be delivered again", async () => {
  const shop = await h.install("expiring");
  const tokens = h.process();
  await h.advance(2 * DAY_MS);
  await h.sandbox.client.faults.add({ id: "down", shop, effect: { kind: "status", status: 503 } });
  await expect(tokens.recordRedacted(shop)).rejects.toMatchObject({ code: "transient" });
  await h.sandbox.client.faults.remove("down");
  await h.expectCurrent(shop);
});

test("a redaction waits for the installation that is under way, and spares it", async () => {
  const shop = await h.install("none");
  await h.sandbox.client.faults.add({ shop, endpoint: "token", times: 1, effect: { kind: "latency", afterMs: 400 } });
  const acquiring = h.process().getSession(shop, { idToken: await h.idToken(shop) });
  await expect.poll(async () => (await h.tokenCalls(shop)).length).toBe(1);
  expect(await h.process().recordRedacted(shop)).toMatchObject({ forgotten: false });
  await acquiring;
  await h.expectCurrent(shop);
  const [row] = await h.database.query<{ generation: number }>(
    `SELECT generation FROM expand_contract."ShopToken" WHERE shop = $1`,
    [shop],
  );
  expect(row?.generation).toBe(1);
});
