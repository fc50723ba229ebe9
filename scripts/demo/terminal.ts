/** Colours where a person looks at a terminal, plain text in a pipe. */
const colourful = process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";

function paint(code: number): (text: string) => string {
  return (text) => (colourful ? `\x1b[${code}m${text}\x1b[0m` : text);
}

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const cyan = paint(36);

/** `0.3 s`, from a start time of `performance.now()`. */
export function since(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
