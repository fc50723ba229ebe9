// Proves that wrong secrets are counted for each address in memory that does not grow with the number of addresses.
import { expect, test } from "vitest";
import { createFailedAttempts } from "./failed-attempts.server.ts";

test("the eleventh wrong secret of an address within a minute is refused", async () => {
  const attempts = createFailedAttempts();
  for (let n = 0; n < 10; n++) expect(await attempts.record("203.0.113.7")).toBeUndefined();
  expect(await attempts.record("203.0.113.7")).toBeGreaterThan(0);
});

test("of 82,000 addresses with one wrong secret each some share a counter: there are no more than 8,192", async () => {
  const attempts = createFailedAttempts();
  let refused = 0;
  for (let n = 0; n < 82_000; n++) if ((await attempts.record(`address ${n}`)) !== undefined) refused++;
  expect(refused).toBeGreaterThan(0);
});
