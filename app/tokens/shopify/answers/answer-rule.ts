/**
 * The tables of answers (token-answers.ts, admin-answers.ts) hold every answer that Shopify is known to give instead of a pair or of
 * data, and what follows from it. The first row that matches holds. docs/answers.md is made from them (answers.test.ts).
 */

/** An answer as the classifiers see it. */
export interface Observed {
  /** HTTP status; undefined when no answer came. */
  status?: number;
  /** RFC 6749 section 5.2 `error`, in JSON or in the words of Shopify's error page. */
  error?: string;
  /** `error_description`, or the text of the body. */
  text: string;
  /** Why there is no answer to judge. */
  failure?: "network" | "timeout" | "broken_answer" | "invalid_jwt";
}

export interface Condition {
  status?: number | readonly [from: number, to: number];
  error?: readonly string[];
  text?: RegExp;
  failure?: Observed["failure"];
}

export interface Consequence<Kind extends string> {
  /** Stable; the simulator has a fault of the same name. */
  id: string;
  /** The answer, for a person. */
  answer: string;
  kind: Kind;
  /** `{status}` stands for the HTTP status. */
  reason: string;
  /** Shopify may have done what was asked, without the answer getting here. */
  lost?: boolean;
  /** What becomes of the shop, of a migration run that meets it, and of a merchant who is waiting. */
  shop: string;
  run: string;
  merchant: string;
}

/** A row's reason for one answer. */
export function reasonOf({ reason }: { reason: string }, { status }: Observed): string {
  return reason.replace("{status}", String(status));
}

/** Whether an answer fulfils every condition of a row. */
export function fits({ status, error, text, failure }: Condition, observed: Observed): boolean {
  const [from, to] = typeof status === "number" ? [status, status] : (status ?? [0, Infinity]);
  const seen = observed.status ?? 0;
  return (
    seen >= from &&
    seen <= to &&
    (error === undefined || error.includes(observed.error ?? "")) &&
    (text === undefined || text.test(observed.text)) &&
    (failure === undefined || failure === observed.failure)
  );
}

export const UNDECIDED = {
  shop: "nothing is decided or marked; the same token is sent again",
  run: "the shop is tried again a few times, then listed as failed and retryable",
  merchant: "“Shopify isn’t answering right now”, unless the stored access token still lives",
} as const;

export const TOLD_TO_WAIT = {
  ...UNDECIDED,
  shop: "asked again after Retry-After, ten minutes at most; nothing is marked",
} as const;

export const SUSPENDED = {
  shop: "suspended: every token is kept, and the mark is lifted by the first call that succeeds",
  run: "outcome suspended; the shop does not hold up the run",
  merchant: "“Your store is paused”",
} as const;

/** Rows that both tables have. */
export const REDIRECTED = {
  id: "redirect",
  answer: "3xx: never followed, the request carries a token",
  when: { status: [300, 399] },
  kind: "transient",
  reason: "redirected",
  ...UNDECIDED,
} as const;

export const FROZEN = {
  id: "frozen",
  answer: "402",
  when: { status: 402 },
  kind: "suspended",
  reason: "frozen",
  ...SUSPENDED,
} as const;

export const LOCKED = { ...FROZEN, id: "locked", answer: "423", when: { status: 423 }, reason: "locked" } as const;

export const MISCONFIGURED = {
  shop: "nothing is marked",
  run: "ConfigurationError, which carries the shop; the run halts when several shops confirm it",
  merchant: "“The app isn’t set up correctly”",
} as const;

/** Of one shop: a new or closed store. Of all: a wrong client id. */
export const UNKNOWN_APP = {
  shop: "nothing is marked",
  run: "tried again a few times, then listed as failed and retryable; while no shop is served the run halts",
  merchant: UNDECIDED.merchant,
} as const;

export const NEEDS_MERCHANT = {
  shop: "needs re-authorization, recorded once; the token is kept and not sent again",
  run: "outcome needs_reauthorization",
  merchant: "with an ID token a new pair is acquired at once; background work waits for the visit",
} as const;
