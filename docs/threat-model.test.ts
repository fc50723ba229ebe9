// Proves that every test which docs/threat-model.md names is there, and that no threat goes without one.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PROJECT_ROOT } from "../scripts/project-root.ts";

const text = readFileSync(join(PROJECT_ROOT, "docs/threat-model.md"), "utf8");
const threats = text
  .slice(text.indexOf("## Threats"), text.indexOf("## Not defended"))
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| threat") && !line.startsWith("| ---"));

it.each(threats)("%s", (line) => {
  const [, threat, defence, tests] = line.split("|").map((cell) => cell.trim());
  expect([threat, defence]).not.toContain("");
  const named = [...(tests ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
  expect(named, threat).not.toEqual([]);
  for (const file of named) {
    expect(file).toMatch(/\.test\.tsx?$/);
    expect(existsSync(join(PROJECT_ROOT, file)), `${file} is named and missing`).toBe(true);
  }
});

it("has found the table", () => {
  expect(threats.length).toBeGreaterThan(10);
});
