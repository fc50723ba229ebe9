// Proves that the completion scripts are ones that a shell runs, and that they offer what the program has.
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { completionScript } from "./completion.ts";
import { createProgram } from "./create-program.ts";

const program = createProgram();

function complete(...words: string[]): string[] {
  const script = `${completionScript(program, "bash")}
COMP_WORDS=(tokens ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _tokens; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

it("offers every command, and the options of one", () => {
  expect(complete("")).toEqual(expect.arrayContaining(program.commands.map((command) => command.name())));
  expect(complete("sho")).toEqual(["shops", "shop"]);
  expect(complete("migrate", "--w")).toEqual(["--waves"]);
  expect(complete("shops", "--s")).toEqual(["--state", "--search"]);
});

it("completes the program by the name that it was installed under", () => {
  const script = completionScript(createProgram(process.env, "expand-contract"), "bash");
  expect(script).toMatch(/complete -F _expand_contract expand-contract$/);
  expect(script).not.toMatch(/tokens$/m);
});

it("is written for zsh and fish as well", () => {
  expect(completionScript(program, "zsh")).toContain("bashcompinit");
  expect(completionScript(program, "fish")).toMatch(/^complete -c tokens -f -n __fish_use_subcommand -a migrate /);
});
