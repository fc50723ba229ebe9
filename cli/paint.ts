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

/**
 * Text of others (shop names, Shopify's words) on one line and without control characters: nothing that an answer holds may steer
 * the terminal it is shown on.
 */
export function harmless(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, " ");
}
