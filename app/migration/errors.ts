/** A field of a request that cannot be used, and why. */
export interface FieldProblem {
  field: string;
  message: string;
}

/** The body of a request names something that cannot be done. HTTP 422. */
export class MigrationRequestError extends Error {
  readonly code = "invalid_request";
  readonly problems: readonly FieldProblem[];

  constructor(problems: readonly FieldProblem[]) {
    super(problems.map(({ field, message }) => `${field} ${message}`).join("; "));
    this.name = "MigrationRequestError";
    this.problems = problems;
  }
}

/** Token exchange is off: every pair would die after an hour, because nothing would refresh it. HTTP 409. */
export class FlowNotReadyError extends Error {
  readonly code = "flow_not_ready";

  constructor() {
    super(
      "Token exchange is off (TOKEN_EXCHANGE_ENABLED=false), so a migrated shop could not be served. " +
        "Expand first: set TOKEN_EXCHANGE_ENABLED=true on every instance, deploy, then migrate.",
    );
    this.name = "FlowNotReadyError";
  }
}

/** The app's keys are not those that sealed its tokens: a run could not read them, or would store new ones that nothing opens. HTTP 409. */
export class TokenKeysError extends Error {
  readonly code: string;

  constructor({ kind, what, remedy }: { kind: string; what: string; remedy: string }) {
    super(`No run is started: ${what}. ${remedy}`);
    this.name = "TokenKeysError";
    this.code = kind;
  }
}
