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
    ["half a pair that lives", { accessToken: "shpat_1", expires: at(HOUR) }, "fresh", "not_near_expiry"],
    ["half a pair that ended", { accessToken: "shpat_1", expires: at(-1) }, "dead", "no_refresh_token"],
    ["shpat_ alone", { accessToken: "shpat_1" }, "permanent", "no_refresh_token_and_no_expiry"],
    ["hexadecimal digits", { accessToken: "0123456789abcdef" }, "permanent", "no_refresh_token_and_no_expiry"],
    ["a custom app's token", { accessToken: "shpca_1" }, "custom_app", "custom_app_prefix"],
    ["a private app's token", { accessToken: "shppa_1" }, "custom_app", "custom_app_prefix"],
  ])("%s", (_name, token, status, reason) => {
    expect(tokenStatus(token, NOW)).toEqual({ status, reason });
  });
});

test("an access token lives until its expiry, and for ever without one", () => {
  expect(accessTokenLives(pair({ expires: at(1) }), NOW)).toBe(true);
  expect(accessTokenLives(pair({ expires: at(0) }), NOW)).toBe(false);
  expect(accessTokenLives({ accessToken: "shpat_1" }, NOW)).toBe(true);
  expect(accessTokenLives({}, NOW)).toBe(false);
  expect(accessTokenLives(undefined, NOW)).toBe(false);
});
