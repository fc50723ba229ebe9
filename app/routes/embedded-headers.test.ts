// Proves that no embedded route loses the headers of a response that was thrown.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const routes = readdirSync(import.meta.dirname).filter((name) => /^app\.?.*\.tsx$/.test(name));

it("every embedded route lets the headers of thrown responses through: App Bridge's retry depends on them", () => {
  expect(routes.length).toBeGreaterThan(2);
  for (const name of routes) {
    expect(readFileSync(join(import.meta.dirname, name), "utf8"), name).toContain(
      "export const headers: HeadersFunction",
    );
  }
});
