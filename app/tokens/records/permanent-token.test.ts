import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hasOtherPrefix, isPermanentToken, PERMANENT_TOKEN_PREDICATE } from "./permanent-token.ts";

const words = (text: string): string => text.replace(/\s+/g, " ");

test("the predicate is word for word that of the partial index", () => {
  const folder = "prisma/migrations";
  const sql = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => readFileSync(`${folder}/${entry.name}/migration.sql`, "utf8"))
    .join("\n");
  expect(words(sql)).toContain(words(PERMANENT_TOKEN_PREDICATE));
});

test.each([
  ["shpat_x", false],
  ["0123456789abcdef0123456789abcdef", false],
  ["shpca_x", true],
  ["shppa_x", true],
  ["shprt_x", true],
  ["shpat", false],
])("prefix of %s belongs to another kind: %s", (token, expected) => {
  expect(hasOtherPrefix(token)).toBe(expected);
});

test("permanent: offline, a token, neither refresh token nor expiry", () => {
  const permanent = { isOnline: false, accessToken: "shpat_x" };
  expect(isPermanentToken(permanent)).toBe(true);
  expect(isPermanentToken({ ...permanent, isOnline: true })).toBe(false);
  expect(isPermanentToken({ ...permanent, refreshToken: "shprt_x" })).toBe(false);
  expect(isPermanentToken({ ...permanent, expires: new Date() })).toBe(false);
  expect(isPermanentToken({ ...permanent, accessToken: "" })).toBe(false);
  expect(isPermanentToken({ ...permanent, accessToken: "shpca_x" })).toBe(false);
});
