import type { Paint } from "./paint.ts";

/** Something that stops a command, with what the operator can do about it. */
export class OperatorError extends Error {
  /** Stable, for machines. */
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "OperatorError";
    this.code = code;
    this.remedy = remedy;
  }
}

/** Tells an operator of an error, as JSON or in words with the remedy. */
export function sayError(
  error: unknown,
  at: { json: boolean; out: (line: string) => void; note: (line: string) => void; paint: Paint },
): void {
  const { code, message, remedy } =
    error instanceof OperatorError
      ? error
      : new OperatorError(
          "unexpected",
          String(error instanceof Error ? error.stack : error),
          "This is a mistake in the command itself.",
        );
  if (at.json) at.out(JSON.stringify({ error: code, message, remedy }));
  else at.note(`${at.paint.bad(`✗ ${message}`)}${remedy && `\n  ${remedy}`}`);
}
