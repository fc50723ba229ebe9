// Proves that every rule of the platform names a test that exists.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { CHOICE_VALUES } from "../platform/choices.ts";

/** docs/platform-rules.md promises a test for each rule: the names in it are titles that exist. */
const DOCS = readFileSync(join(import.meta.dirname, "../../docs/platform-rules.md"), "utf8");
const SOURCES = new Map(
  readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => [name.replace(".test.ts", ""), readFileSync(join(import.meta.dirname, name), "utf8")]),
);

/** Titles named in the text, with the file each was said to be in. `…` stands for what was left out. */
function namedTests(): { file: string; title: string }[] {
  const named: { file: string; title: string }[] = [];
  for (const line of DOCS.split("\n").filter((row) => row.includes("“") && !row.startsWith("Tests are in"))) {
    let file = "libraries";
    for (const [, before, title] of line.matchAll(/([a-z-]+): (?=“)|“([^”]+)”/g)) {
      if (before !== undefined) file = before;
      else if (title !== undefined) named.push({ file, title });
    }
  }
  return named;
}

test("every test that the rules name exists", () => {
  const named = namedTests();
  expect(named.length).toBeGreaterThan(45);
  const missing = named.filter(({ file, title }) => {
    const pieces = title.split("…").map((piece) => piece.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return !new RegExp(`"[^"\\n]*${pieces.join("[^\\n]*")}`).test(SOURCES.get(file) ?? "");
  });
  expect(missing).toEqual([]);
});

test("every choice, with all its values and the default first, is in the rules", () => {
  for (const [name, values] of Object.entries(CHOICE_VALUES)) {
    const row = DOCS.split("\n").find((line) => line.startsWith(`| \`${name}\``));
    expect(row, name).toBeDefined();
    const places = values.map((value) => row!.indexOf(`\`${value}\``));
    expect(places, name).toEqual([...places].sort((a, b) => a - b));
    expect(places, name).not.toContain(-1);
  }
});
