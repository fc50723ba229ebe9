// Proves what a stored session is worth, row by row, with the reason.
import { describe, expect, test } from "vitest";
import { LIBRARY_MARGIN_MS, REFRESH_MARGIN_MS } from "../renew/timing.ts";
import { accessTokenLives, tokenStatus, type StoredToken } from "./token-status.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const at = (ms: number): Date => new Date(NOW + ms);
const HOUR = 3_600_000;

const pair = (over: Partial<StoredToken> = {}): StoredToken => ({
  accessToken: "shpat_1",
  expires: at(HOUR),
  refreshToken: "shprt_1",
  refreshTokenExpires: at(90 * 24 * HOUR),
  ...over,
});

test("the margin is wider than the libraries'", () => {
  expect(REFRESH_MARGIN_MS).toBeGreaterThan(LIBRARY_MARGIN_MS);
});

describe("tokenStatus", () => {
  test.each<[string, StoredToken | undefined, string, string]>([
    ["no row", undefined, "missing", "no_session"],
    ["no token", {}, "placeholder", "empty_access_token"],
    ["a pair", pair(), "fresh", "not_near_expiry"],
    ["a pair just outside the margin", pair({ expires: at(REFRESH_MARGIN_MS + 1) }), "fresh", "not_near_expiry"],
    ["a pair at the margin", pair({ expires: at(REFRESH_MARGIN_MS) }), "expiring", "near_expiry"],
    ["a pair at its expiry", pair({ expires: at(0) }), "expired", "access_token_expired"],
    ["a blanked access token with its chain", pair({ accessToken: undefined }), "expired", "empty_access_token"],
    ["a chain without expiry", pair({ expires: undefined }), "expired", "expiry_unknown"],
    [
      "a chain past its 90 days",
      pair({ expires: at(-1), refreshTokenExpires: at(0) }),
      "dead",
      "refresh_token_expired",
    ],
    ["a fresh access token of an ended chain", pair({ refreshTokenExpires: at(0) }), "fresh", "not_near_expiry"],
    ["half a pair", { accessToken: "shpat_1", expires: at(HOUR) }, "permanent", "no_refresh_token"],
    ["half a pair that ended", { accessToken: "shpat_1", expires: at(-1) }, "permanent", "expiry_passed"],
    ["shpat_ alone", { accessToken: "shpat_1" }, "permanent", "no_refresh_token"],
    ["an empty refresh token", { accessToken: "shpat_1", refreshToken: "" }, "permanent", "no_refresh_token"],
    ["hexadecimal digits", { accessToken: "0123456789abcdef" }, "permanent", "no_refresh_token"],
    ["another prefix", { accessToken: "shpca_1" }, "permanent", "no_refresh_token"],
    ["one not exchanged", { accessToken: "shpat_1", notExchangeable: true }, "permanent", "not_exchangeable"],
    ["one that Shopify refused", { accessToken: "shpat_1", refused: "spent" }, "dead", "spent"],
    ["a pair that Shopify refused", pair({ refused: "refresh_token_refused" }), "dead", "refresh_token_refused"],
  ])("%s", (_name, token, status, reason) => {
    expect(tokenStatus(token, NOW)).toEqual({ status, reason });
  });

  test("an app that is not public may keep permanent tokens, and refreshes its pairs", () => {
    expect(tokenStatus({ accessToken: "shpat_1" }, NOW, true)).toMatchObject({ status: "custom_app" });
    expect(tokenStatus(pair({ expires: at(-1) }), NOW, true)).toMatchObject({ status: "expired" });
  });
});

test("an access token lives until its expiry, and for ever without one", () => {
  expect(accessTokenLives(pair({ expires: at(1) }), NOW)).toBe(true);
  expect(accessTokenLives(pair({ expires: at(0) }), NOW)).toBe(false);
  expect(accessTokenLives({ accessToken: "shpat_1" }, NOW)).toBe(true);
  expect(accessTokenLives({}, NOW)).toBe(false);
  expect(accessTokenLives(undefined, NOW)).toBe(false);
});
