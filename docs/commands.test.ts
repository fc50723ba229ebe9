// Proves that every command that the documents tell an operator to type is there, with its options, and every variable that they name is explained.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createProgram } from "../cli/create-program.ts";
import { PROJECT_ROOT } from "../scripts/project-root.ts";

const read = (file: string) => readFileSync(join(PROJECT_ROOT, file), "utf8");
const documents = [
  "README.md",
  "SECURITY.md",
  "docs/runbook.md",
  "docs/monitoring/README.md",
  "docs/monitoring/alerts.yml",
  ".env.example",
];
const scripts = Object.keys((JSON.parse(read("package.json")) as { scripts: object }).scripts);

/** Up to where a person stops typing: the end of the code, a remark, another command. */
const COMMAND = /npm run (?:-s )?tokens --((?: [^\s`"#;|>]+)+)/g;

it.each(documents)("%s", (document) => {
  const text = read(document);
  for (const [typed, words] of text.matchAll(COMMAND)) {
    const [name, ...args] = words!
      .trim()
      .split(" ")
      .map((word) => word.replace(/[,.:)]+$/, ""));
    const command = createProgram().commands.find((one) => one.name() === name);
    expect(command, typed).toBeDefined();
    const options = args.filter((arg) => arg.startsWith("--")).map((arg) => arg.split("=")[0]);
    expect(
      command!.options.map(({ long }) => long),
      typed,
    ).toEqual(expect.arrayContaining(options));
  }
  for (const [typed, script] of text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g))
    expect(scripts, typed).toContain(script);
});

it("variables of the runbook are explained in .env.example", () => {
  const names = new Set(
    [...read("docs/runbook.md").matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`/g)].map((match) => match[1]!),
  );
  // The command line's own, the proxy's and SQL's.
  const others = ["APP_URL", "APP_DISTRIBUTION", "NO_COLOR", "HTTPS_PROXY"];
  const explained = read(".env.example");
  const missing = [...names].filter((name) => !others.includes(name) && !new RegExp(`\\b${name}\\b`).test(explained));
  expect(missing).toEqual([]);
});
