import { styleText } from "node:util";
import { CONTROLS, harmless, hexOf, visible } from "../app/infra/harmless.ts";

export { harmless };

type Brush = (text: string) => string;

/** What colours mean here; each text reads the same without them. */
export interface Paint {
  good: Brush;
  bad: Brush;
  attention: Brush;
  strong: Brush;
  faint: Brush;
}

const asItIs: Brush = (text) => text;

/** No colours: for pipes, logs and tests. */
export const PLAIN: Paint = { good: asItIs, bad: asItIs, attention: asItIs, strong: asItIs, faint: asItIs };

/** Colours where a person looks at a terminal and has not set NO_COLOR. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  if (!stream.isTTY || process.env["NO_COLOR"] || process.env["TERM"] === "dumb") return PLAIN;
  const brush =
    (format: Parameters<typeof styleText>[0]): Brush =>
    (text) =>
      styleText(format, text, { stream });
  return {
    good: brush("green"),
    bad: brush("red"),
    attention: brush("yellow"),
    strong: brush("bold"),
    faint: brush("dim"),
  };
}

/** What `paintFor` writes. */
const CONTROLS_BUT_COLOURS = new RegExp(`(?<colour>\\u001b\\[\\d{1,2}m)|${CONTROLS.source}`, "g");

/** A copy of an answer with each of its texts harmless, names of fields included. */
export function harmlessly<T>(value: T): T {
  if (typeof value === "string") return harmless(value) as T;
  if (Array.isArray(value)) return value.map(harmlessly) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [harmless(name), harmlessly(item as unknown)]),
  ) as T;
}

/** Lines as they are written to a terminal or a file: the last look, after which no control character is left but our colours. */
export function harmlessLines(text: string, { coloured }: { coloured: boolean }): string {
  const line = (one: string) => (coloured ? one.replace(CONTROLS_BUT_COLOURS, visible) : harmless(one));
  return text.split("\n").map(line).join("\n");
}

/** JSON on one line in which control characters are escaped, also those that JSON would let through. */
export function harmlessJson(json: string): string {
  return json.replace(CONTROLS, (character) => `\\u${hexOf(character)}`);
}
