import { styleText } from "node:util";

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

/** C0 with tab and line break, DEL, C1, and what changes lines or the direction of writing. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
/** What `paintFor` writes. */
const CONTROLS_BUT_COLOURS = new RegExp(`(?<colour>\\u001b\\[\\d{1,2}m)|${CONTROLS.source}`, "g");

/**
 * Text of others (shop names, Shopify's words) on one line, with control characters shown and not sent: nothing that an answer holds may
 * steer the terminal it is shown on.
 */
export function harmless(text: string): string {
  return text.replace(CONTROLS, visible);
}

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
  return json.replace(CONTROLS, (character) => `\\u${hex(character)}`);
}

/** ␛ for ESC, ␊ for a line break; what has no picture by its number. */
function visible(character: string): string {
  if (character.length > 1) return character;
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : `\\u${hex(character)}`;
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, "0");
}
