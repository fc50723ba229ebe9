import type { Command } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that teaches a shell the program's commands and options: `source <(tokens completion bash)`. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    options: ["--help", ...command.options.flatMap(({ long }) => (long ? [long] : []))],
  }));
  const called = program.name();
  if (shell === "fish") return fish(called, commands);
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map(({ name, options }) => `    ${name}) words="${options.join(" ")}" ;;`).join("\n");
  const shellFunction = `_${called.replaceAll("-", "_")}`;
  const script = `${shellFunction}() {
  local words="${names} --help --version"
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  [ "\$COMP_CWORD" -eq 1 ] && words="${names} --help --version"
  COMPREPLY=($(compgen -W "\$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F ${shellFunction} ${called}`;
  return shell === "zsh" ? `autoload -U +X bashcompinit && bashcompinit\n${script}` : script;
}

function fish(called: string, commands: { name: string; about: string; options: string[] }[]): string {
  return commands
    .flatMap(({ name, about, options }) => [
      `complete -c ${called} -f -n __fish_use_subcommand -a ${name} -d '${about.replaceAll("'", "\\'")}'`,
      ...options.map(
        (option) => `complete -c ${called} -f -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`,
      ),
    ])
    .join("\n");
}
