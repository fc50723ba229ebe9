import { expect, it } from "vitest";
import { isOperatorSecret } from "./is-operator-secret.server.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

it("opens for the secret, however the scheme is written", () => {
  for (const scheme of ["Bearer", "bearer", "BEARER"])
    expect(isOperatorSecret(`${scheme} ${SECRET}`, SECRET)).toBe(true);
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
