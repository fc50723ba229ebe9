// Proves that the guide shows the patches that the examples are run with.
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

it.each(readdirSync("examples"))("docs/adopting.md shows the patch of %s as it is", (name) => {
  const patch = readFileSync(`examples/${name}/adopted.patch`, "utf8").trimEnd();
  expect(readFileSync("docs/adopting.md", "utf8")).toContain(patch);
});
