// Proves that a redaction leaves nothing of a shop, spares one that is installed again, and is asked for again while Shopify cannot say.
import { expect, test } from "vitest";
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
  for (const table of ["Session", "ShopToken", "TokenEvent"]) {
    expect(
      await h.database.query(
        `SELECT 1 FROM ${table === "Session" ? "" : "expand_contract."}"${table}" WHERE shop = $1`,
        [shop],
      ),
      table,
    ).toEqual([]);
  }
});

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
