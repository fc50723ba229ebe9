import type { Command } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A script that teaches a shell the commands and options of `tokens`: `source <(tokens completion bash)`. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    options: ["--help", ...command.options.flatMap(({ long }) => (long ? [long] : []))],
  }));
  if (shell === "fish") return fish(commands);
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map(({ name, options }) => `    ${name}) words="${options.join(" ")}" ;;`).join("\n");
  const script = `_tokens() {
  local words="${names} --help --version"
  case "\${COMP_WORDS[1]}" in
${cases}
  esac
  [ "\$COMP_CWORD" -eq 1 ] && words="${names} --help --version"
  COMPREPLY=($(compgen -W "\$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _tokens tokens`;
  return shell === "zsh" ? `autoload -U +X bashcompinit && bashcompinit\n${script}` : script;
}

function fish(commands: { name: string; about: string; options: string[] }[]): string {
  return commands
    .flatMap(({ name, about, options }) => [
      `complete -c tokens -f -n __fish_use_subcommand -a ${name} -d '${about.replaceAll("'", "\\'")}'`,
      ...options.map(
        (option) => `complete -c tokens -f -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`,
      ),
    ])
    .join("\n");
}
