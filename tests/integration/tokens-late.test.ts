/** After 1 January 2027, whichever of its documented wordings Shopify means: a permanent token that is dead is flagged once, background work parks, the merchant's next visit heals. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { judgeJobError } from "../../app/jobs/queue/judge-job-error.ts";
import { CHOICE_VALUES } from "../../sandbox/platform/choices.ts";
import { tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();
const SHOP_QUERY = "{ shop { id } }";
const LATE = Date.parse("2027-01-02T00:00:00Z");

const WORLDS = CHOICE_VALUES.permanentAfterCutOff.flatMap((permanentAfterCutOff) =>
  CHOICE_VALUES.lateMigration.map((lateMigration) => ({ permanentAfterCutOff, lateMigration })),
);

beforeEach(async () => {
  if (h.now() < LATE) await h.advance(LATE - h.now());
});
afterEach(() =>
  h.sandbox.client.choices({
    enforcement: "off",
    permanentAfterCutOff: CHOICE_VALUES.permanentAfterCutOff[0],
    lateMigration: CHOICE_VALUES.lateMigration[0],
  }),
);

describe.each(WORLDS)("$permanentAfterCutOff, late migration $lateMigration", (choices) => {
  const isTooLate = choices.lateMigration === "refused";

  async function lateShop(): Promise<string> {
    const shop = await h.install("permanent");
    await h.sandbox.client.choices({ ...choices, enforcement: "by-date" });
    return shop;
  }

  const timesFlagged = async (tokens: ReturnType<typeof h.process>, shop: string) =>
    (await tokens.history(shop, 50)).filter(({ kind }) => kind === "needs_reauth").length;

  test.each(["expand", "contract"] as const)("background work, %s", async (phase) => {
    const shop = await lateShop();
    const tokens = h.process({ phase });
    const work = () => tokens.admin(shop).graphql(SHOP_QUERY);
    if (!isTooLate) {
      expect(await work()).toMatchObject({ shop: {} });
      await h.expectCurrent(shop);
      return;
    }
    for (let i = 0; i < 3; i++) {
      const error: unknown = await work().catch((thrown: unknown) => thrown);
      expect(judgeJobError(error)).toMatchObject({ verdict: "park", reason: "needs_reauthorization" });
    }
    expect(await timesFlagged(tokens, shop)).toBe(1);
    expect(await h.tokenCalls(shop)).toHaveLength(1);

    await tokens.getSession(shop, { idToken: await h.idToken(shop) });
    await h.expectCurrent(shop);
    expect((await h.marks(shop)).needsReauthWhy).toBeNull();
    expect(await work()).toMatchObject({ shop: {} });
  });

  test("a run", async () => {
    const shop = await lateShop();
    const tokens = h.process();
    const wording =
      choices.permanentAfterCutOff === "403-refused" ? "permanent_token_not_accepted" : "permanent_token_spent";
    const first = await tokens.migrate(shop, { verify: true });
    if (!isTooLate) {
      expect(first).toMatchObject({ outcome: "migrated", code: "verified" });
      await h.expectCurrent(shop);
      return;
    }
    expect(first).toMatchObject({ outcome: "needs_reauthorization", code: wording, retryable: false, attempts: 1 });
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "needs_reauthorization", attempts: 0 });
    expect(await timesFlagged(tokens, shop)).toBe(1);
    expect((await h.row(shop))?.accessToken).toBeTruthy();
  });

  test("a merchant who comes before anything else", async () => {
    const shop = await lateShop();
    const tokens = h.process();
    const idToken = await h.idToken(shop);
    const session = await tokens.getSession(shop, { idToken });
    const admin = tokens.admin(shop, { idToken, session });
    expect(await admin.graphql(SHOP_QUERY)).toMatchObject({ shop: {} });
    await h.expectCurrent(shop);
    expect(await timesFlagged(tokens, shop)).toBe(0);
  });

  test("a run that lost its answer before the date ends in the same pair", async () => {
    const shop = await h.install("permanent");
    const tokens = h.process();
    await h.sandbox.client.faults.add({ shop, grant: "migration", times: 1, effect: { kind: "lost-after-commit" } });
    expect(await tokens.migrate(shop, { retries: 0 })).toMatchObject({ outcome: "failed", retryable: true });
    await h.sandbox.client.choices({ ...choices, enforcement: "by-date" });
    await expect.poll(() => tokens.migrate(shop), { timeout: 5_000 }).toMatchObject({ outcome: "migrated" });
    await h.expectCurrent(shop);
  });
});
