import type { TokenVerdict } from "../../answer.ts";
import type { Grant } from "../token-endpoint.ts";
import * as shared from "./answer-rule.ts";

const { FROZEN, LOCKED, REDIRECTED, SUSPENDED, THROTTLED, UNDECIDED } = shared;

export interface TokenAnswerRule extends shared.AnswerRule<TokenVerdict["kind"]> {
  /** Every grant when left out. */
  grants?: readonly Grant[];
}

const LOST = { ...UNDECIDED, lost: true } as const;

const MISCONFIGURED = {
  kind: "configuration",
  shop: "nothing is marked",
  run: "ConfigurationError, which carries the shop; the run halts when several shops confirm it",
  merchant: "“The app isn’t set up correctly”",
} as const;

/** Of one shop: a new or closed store. Of all: a wrong client id. */
const UNKNOWN_APP = {
  kind: "configuration",
  shop: "nothing is marked",
  run: "tried again a few times, then listed as failed and retryable; while no shop is served the run halts",
  merchant: UNDECIDED.merchant,
} as const;

const REFRESH_REFUSED = {
  grants: ["refresh"],
  kind: "final",
  reason: "refresh_token_refused",
  shop: "needs re-authorization, recorded once; the token is kept and not sent again",
  run: "outcome needs_reauthorization",
  merchant: "with an ID token a new pair is acquired at once; background work waits for the visit",
} as const;

const ID_TOKEN_REFUSED = {
  grants: ["exchange"],
  kind: "invalid_id_token",
  run: "does not occur",
  merchant: "the browser is asked for a new ID token, once",
} as const;

/** Answers of `POST /admin/oauth/access_token`. @see docs/platform-rules.md, the table of failures */
export const TOKEN_ANSWERS: readonly TokenAnswerRule[] = [
  {
    id: "invalid-jwt",
    answer: "none: the ID token fails the library's own check",
    when: { failure: "invalid_jwt" },
    shop: "no call is made; nothing is marked",
    ...ID_TOKEN_REFUSED,
  },
  { id: "timeout", answer: "none within ten seconds", when: { failure: "timeout" }, ...LOST },
  { id: "truncated-json", answer: "200 whose JSON breaks off", when: { failure: "broken_answer" }, ...LOST },
  { ...shared.NETWORK, answer: "none: the connection failed", lost: true },
  THROTTLED,
  {
    id: "error-in-success",
    answer: "200 with `error` and without a token",
    when: { error: "error_in_success" },
    ...LOST,
  },
  { ...shared.SERVER_ERROR, answer: "5xx, 520, or a 200 that is not JSON", lost: true },
  REDIRECTED,
  {
    id: "application-cannot-be-found",
    answer: "400 `application_cannot_be_found`",
    when: { error: "application_cannot_be_found" },
    ...UNKNOWN_APP,
  },
  { id: "invalid-client", answer: "401 `invalid_client`", when: { error: "invalid_client" }, ...MISCONFIGURED },
  {
    id: "unauthorized-client",
    answer: "400 `unauthorized_client`",
    when: { error: "unauthorized_client" },
    ...MISCONFIGURED,
  },
  {
    id: "app-not-installed",
    answer: "400 `app_not_installed`",
    when: { error: "app_not_installed" },
    kind: "not_installed",
    shop: "as after an uninstall: one call, then needs re-authorization; the token is not sent again",
    run: "outcome uninstalled",
    merchant: "asked to open the app again; the next visit with an ID token acquires a pair",
  },
  FROZEN,
  LOCKED,
  {
    id: "closed",
    answer: "404: the shop is closed or unknown",
    when: { status: 404 },
    reason: "closed",
    ...SUSPENDED,
  },
  {
    id: "refresh-refused-400",
    answer: "400 or 401 `invalid_grant`",
    when: { status: [400, 401], error: "invalid_grant" },
    ...REFRESH_REFUSED,
  },
  {
    id: "refresh-refused-401",
    answer: "400 or 401 “This request requires an active refresh_token”, as JSON or HTML",
    when: { status: [400, 401], text: /active refresh[_ ]token/i },
    ...REFRESH_REFUSED,
  },
  {
    id: "subject-token-refused",
    answer: "400 `invalid_subject_token`",
    when: { error: "invalid_subject_token" },
    grants: ["migrate"],
    kind: "ambiguous_subject_token",
    shop: "the row is read again and the Admin API asked: refused there too (401, or 403 for being permanent), the shop needs re-authorization, recorded once; accepted, it is kept in use and offered again later",
    run: "outcome needs_reauthorization, or not_exchangeable",
    merchant: "with an ID token a new pair is acquired at once",
  },
  {
    id: "id-token-refused",
    answer: "400 `invalid_subject_token`",
    when: { error: "invalid_subject_token" },
    shop: "nothing is marked",
    ...ID_TOKEN_REFUSED,
  },
  { id: "unknown-4xx", answer: "any other answer", when: {}, reason: "unexpected_{status}", ...UNDECIDED },
];

/** The first row that an answer of the token endpoint fits; the last one fits all. */
export function findTokenAnswer(observed: shared.Observed, grant: Grant): TokenAnswerRule {
  return TOKEN_ANSWERS.find(({ when, grants }) => (grants?.includes(grant) ?? true) && shared.fits(when, observed))!;
}
