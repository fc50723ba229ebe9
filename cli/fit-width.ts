import { stripVTControlCharacters } from "node:util";

/**
 * Breaks lines at spaces so that they fit a terminal; what follows a break is indented two columns more than its line.
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
  for (const word of line.split(/(?<=\S)(?= )/)) {
    if (current.trim() !== "" && width(current + word) > columns) {
      lines.push(current);
      current = indent + word.trimStart();
    } else current += word;
  }
  return [...lines, current].join("\n");
}

function width(text: string): number {
  return stripVTControlCharacters(text).length;
}
