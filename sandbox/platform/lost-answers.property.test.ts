// Proves that lost answers can be asked for again as documented, whatever their order.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createTestPlatform } from "./test-platform.ts";

/**
 * What the rules promise to an app that keeps to them: one call at a time for a shop, the stored token sent again after a
 * lost answer, and every answer stored whole. Such an app never loses a shop by migrating and refreshing. Acquiring has no
 * such promise: an answer lost after the commit leaves a retired pair in the row.
 */
const SHOP = "a.myshopify.com";
const DAY = 86_400_000;

interface Row {
  shop: string;
  accessToken: string;
  refreshToken: string | null;
}

type Answered = "answered" | "lost-before-commit" | "lost-after-commit";
const answered: fc.Arbitrary<Answered> = fc.constantFrom(
  "answered",
  "answered",
  "lost-before-commit",
  "lost-after-commit",
);

describe.each(["new-pair", "same-pair"] as const)("repeated refresh: %s", (repeatedRefresh) => {
  test("lost answers never orphan a shop that is migrated and refreshed one call at a time", () => {
    const turn = fc.record({ answered, pauseMs: fc.constantFrom(0, 60_000, 3_600_000, DAY, 5 * DAY) });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 30, size: "max" }), (turns) => {
        const platform = createTestPlatform({ choices: { repeatedRefresh } });
        const installed = platform.installShop(SHOP, { token: "permanent" });
        let row: Row = { shop: SHOP, accessToken: installed.accessToken!, refreshToken: null };
        let waited = 0;
        for (const { answered: how, pauseMs } of turns) {
          // The app tries again well within the windows: 7 days for a migration, 30 for a refresh.
          if (waited + pauseMs < 7 * DAY) {
            platform.advance(pauseMs);
            waited += pauseMs;
          }
          if (how === "lost-before-commit") continue;
          const answer =
            row.refreshToken === null
              ? platform.migrate(SHOP, row.accessToken)
              : platform.refresh(SHOP, row.refreshToken);
          expect(answer.status, "the stored token always works").toBe(200);
          if (how === "answered") {
            const { access_token, refresh_token } = answer.body as { access_token: string; refresh_token: string };
            row = { shop: SHOP, accessToken: access_token, refreshToken: refresh_token };
            waited = 0;
            expect(platform.isCurrentPair(SHOP, row)).toBe(true);
          }
          expect(platform.orphans([row])).toEqual([]);
        }
      }),
    );
  });

  test("an acquisition whose answer is lost after the commit orphans the row: the app has to acquire again", () => {
    const platform = createTestPlatform({ choices: { repeatedRefresh } });
    platform.installShop(SHOP);
    const stored = platform.acquire(SHOP).body as { access_token: string; refresh_token: string };
    const row = { shop: SHOP, accessToken: stored.access_token, refreshToken: stored.refresh_token };
    expect(platform.orphans([row])).toEqual([]);
    platform.acquire(SHOP);
    expect(platform.orphans([row])).toEqual([SHOP]);
    expect(platform.refresh(SHOP, row.refreshToken).status).toBe(401);
    expect(platform.acquire(SHOP).status).toBe(200);
  });
});
