import { stripVTControlCharacters } from "node:util";

/** A command to copy, as far as the end of its line or the next sentence: a terminal's own wrapping keeps it one command. */
const COMMAND = /npm run (?:-s )?tokens --(?: (?![A-Z(])\S+)+/g;

/**
 * Breaks lines at spaces so that they fit a terminal, commands excepted; what follows a break is indented two columns more than its line.
 * @param columns undefined: nothing is broken.
 */
export function fitWidth(text: string, columns: number | undefined): string {
  if (!columns) return text;
  return text
    .split("\n")
    .map((line) => fitLine(line, columns))
    .join("\n");
}

function fitLine(line: string, columns: number): string {
  if (width(line) <= columns) return line;
  const own = /^ */.exec(line)![0].length;
  const indent = " ".repeat(Math.min(own + 2, Math.floor(columns / 3)));
  const lines: string[] = [];
  let current = "";
  const unbroken = line.replaceAll(COMMAND, (command) => command.replaceAll(" ", "\0"));
  for (const word of unbroken.split(/(?<=\S)(?= )/)) {
    if (current.trim() !== "" && width(current + word) > columns) {
      lines.push(current);
      current = indent + word.trimStart();
    } else current += word;
  }
  return [...lines, current].join("\n").replaceAll("\0", " ");
}

function width(text: string): number {
  return stripVTControlCharacters(text).length;
}
