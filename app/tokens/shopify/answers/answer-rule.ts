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
  error?: string;
  text?: RegExp;
  failure?: Observed["failure"];
}

export interface AnswerRule<Kind extends string> {
  /** Stable; the simulator has a fault of the same name. */
  id: string;
  /** The answer, for a person. */
  answer: string;
  when: Condition;
  kind: Kind;
  /** The error or the failure that the condition names, unless told. `{status}` stands for the HTTP status. */
  reason?: string;
  /** Shopify may have done what was asked, without the answer getting here. */
  lost?: boolean;
  /** What becomes of the shop, of a migration run that meets it, and of a merchant who is waiting. */
  shop: string;
  run: string;
  merchant: string;
}

/** A row's reason for one answer. */
export function reasonOf({ reason, when }: AnswerRule<string>, { status }: Observed): string {
  return (reason ?? when.error ?? when.failure!).replace("{status}", String(status));
}

/** Whether an answer fulfils every condition of a row. */
export function fits({ status, error, text, failure }: Condition, observed: Observed): boolean {
  const [from, to] = typeof status === "number" ? [status, status] : (status ?? [0, Infinity]);
  const seen = observed.status ?? 0;
  return (
    seen >= from &&
    seen <= to &&
    (error === undefined || error === observed.error) &&
    (text === undefined || text.test(observed.text)) &&
    (failure === undefined || failure === observed.failure)
  );
}

export const UNDECIDED = {
  kind: "transient",
  shop: "nothing is decided or marked; the same token is sent again",
  run: "the shop is tried again a few times, then listed as failed and retryable",
  merchant: "“Shopify isn’t answering right now”, unless the stored access token still lives",
} as const;

export const TOLD_TO_WAIT = {
  ...UNDECIDED,
  shop: "asked again after Retry-After, ten minutes at most; nothing is marked",
} as const;

export const SUSPENDED = {
  kind: "suspended",
  shop: "suspended: every token is kept, and the mark is lifted by the first call that succeeds",
  run: "outcome suspended; the shop does not hold up the run",
  merchant: "“Your store is paused”",
} as const;

/** Rows that both tables have. */
export const NETWORK = { id: "network", when: { failure: "network" }, ...UNDECIDED } as const;

export const THROTTLED = {
  id: "throttled",
  answer: "429",
  when: { status: 429 },
  reason: "throttled",
  ...TOLD_TO_WAIT,
} as const;

export const SERVER_ERROR = {
  id: "server-error",
  when: { status: [500, 599] },
  reason: "http_{status}",
  ...TOLD_TO_WAIT,
} as const;

export const REDIRECTED = {
  id: "redirect",
  answer: "3xx: never followed, the request carries a token",
  when: { status: [300, 399] },
  reason: "redirected",
  ...UNDECIDED,
} as const;

export const FROZEN = { id: "frozen", answer: "402", when: { status: 402 }, reason: "frozen", ...SUSPENDED } as const;
export const LOCKED = { id: "locked", answer: "423", when: { status: 423 }, reason: "locked", ...SUSPENDED } as const;
