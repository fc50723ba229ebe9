// Proves that only the right secret opens, and that one which is not set never does.
import { expect, it } from "vitest";
import { isOperatorSecret } from "./is-operator-secret.server.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

it("opens for the secret, however the scheme is written", () => {
  for (const scheme of ["Bearer", "bearer", "BEARER"])
    expect(isOperatorSecret(`${scheme} ${SECRET}`, SECRET)).toBe(true);
});

it("opens for each of several secrets, and never for one that is not set", () => {
  expect(isOperatorSecret(`Bearer ${SECRET}`, "another-secret", SECRET)).toBe(true);
  expect(isOperatorSecret(`Bearer ${SECRET}`, undefined, "another-secret")).toBe(false);
  for (const header of [null, "Bearer ", "Bearer undefined"]) expect(isOperatorSecret(header, undefined)).toBe(false);
  expect(isOperatorSecret(`Bearer ${SECRET}`)).toBe(false);
});

it.each([
  null,
  "",
  "Bearer",
  "Bearer ",
  SECRET,
  `Basic ${SECRET}`,
  `Bearer ${SECRET}x`,
  `Bearer ${SECRET.slice(1)}`,
  `Bearer ${SECRET} ${SECRET}`,
])("stays closed for %s", (header) => expect(isOperatorSecret(header, SECRET)).toBe(false));
