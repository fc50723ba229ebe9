// Proves that text fits a terminal of any width, without losing a word.
import { expect, it } from "vitest";
import { fitWidth } from "./fit-width.ts";

const text = [
  "Next: Migrate the 12 permanent tokens: npm run tokens -- migrate --url https://app.example.com",
  "  \u001b[32m✓\u001b[39m shopify.app.toml says use_legacy_install_flow = true, which fits the phase expand",
  "",
].join("\n");

it.each([20, 40, 80, 120])("fits %i columns", (columns) => {
  const lines = fitWidth(text, columns).split("\n");
  for (const line of lines) {
    const shown = line.replaceAll(/\u001b\[\d+m/g, "");
    const isOne = !shown.trim().includes(" ") || /^ *npm run tokens -- [^A-Z]*$/.test(shown);
    expect(shown.length <= columns || isOne, line).toBe(true);
  }
  expect(lines.join(" ").replaceAll(/\s+/g, " ").trim()).toBe(text.replaceAll(/\s+/g, " ").trim());
});

it("keeps a command in one piece: what is copied runs as it stands", () => {
  const command = "npm run tokens -- watch 1c38d975-2617-4c8d-a3b4-da5537243ece --url https://app.example.com";
  for (const line of [`  follow it again:  ${command}`, `Not known: ${command}. Look at the app's log.`]) {
    expect(
      fitWidth(line, 40)
        .split("\n")
        .some((one) => one.includes(command)),
    ).toBe(true);
  }
});

it("leaves lines for pipes and files alone", () => {
  expect(fitWidth(text, undefined)).toBe(text);
});
