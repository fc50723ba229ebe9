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
