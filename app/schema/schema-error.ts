/** The database could not be brought up to date, or is not fit for this app. The message says what to do; it holds no value of a row. */
export class SchemaError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SchemaError";
    this.code = code;
  }
}
