// Proves that one definition of a permanent token serves the indexes, the queries and the code.
import { expect, test } from "vitest";
import { SESSION_INDEXES } from "../../schema/steps.ts";
import { isExemptDistribution, isPermanentToken, PERMANENT_TOKEN_PREDICATE } from "./permanent-token.ts";

test.each(["Session_unrefreshable_idx", "Session_unrefreshable_shop_idx"])(
  "the predicate is word for word that of %s",
  (index) => {
    const wanted = SESSION_INDEXES.find(({ name }) => name === index);
    expect(wanted?.on).toContain(`WHERE ${PERMANENT_TOKEN_PREDICATE}`);
  },
);

test("permanent: offline, a token, no refresh token; neither prefix nor expiry counts", () => {
  const permanent = { isOnline: false, accessToken: "shpat_x" };
  for (const accessToken of ["shpat_x", "shpca_x", "shpua_x", "shppa_x", "0123456789abcdef", " "]) {
    expect(isPermanentToken({ isOnline: false, accessToken }), accessToken).toBe(true);
  }
  expect(isPermanentToken({ ...permanent, refreshToken: "" })).toBe(true);
  expect(isPermanentToken({ ...permanent, isOnline: true })).toBe(false);
  expect(isPermanentToken({ ...permanent, refreshToken: "shprt_x" })).toBe(false);
  expect(isPermanentToken({ ...permanent, accessToken: "" })).toBe(false);
  expect(isPermanentToken({ isOnline: false })).toBe(false);
});

test("only public apps must migrate", () => {
  expect(isExemptDistribution("app_store")).toBe(false);
  expect(isExemptDistribution("single_merchant")).toBe(true);
  expect(isExemptDistribution("shopify_admin")).toBe(true);
});
