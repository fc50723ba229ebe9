import {
  fits,
  FROZEN,
  LOCKED,
  MISCONFIGURED,
  UNKNOWN_APP,
  NEEDS_MERCHANT,
  REDIRECTED,
  SUSPENDED,
  TOLD_TO_WAIT,
  UNDECIDED,
  type Condition,
  type Consequence,
  type Observed,
} from "./answer-rule.ts";
import type { Grant } from "../token-endpoint.ts";

export type TokenAnswerKind =
  | "transient"
  | "final"
  | "ambiguous_subject_token"
  | "not_installed"
  | "configuration"
  | "suspended"
  | "invalid_id_token";

export interface TokenAnswerRule extends Consequence<TokenAnswerKind> {
  when: Condition;
  /** Every grant when left out. */
  grants?: readonly Grant[];
}

/** Answers of `POST /admin/oauth/access_token`. @see docs/platform-rules.md, the table of failures */
export const TOKEN_ANSWERS: readonly TokenAnswerRule[] = [
  {
    id: "invalid-jwt",
    answer: "none: the ID token fails the library's own check",
    when: { failure: "invalid_jwt" },
    grants: ["exchange"],
    kind: "invalid_id_token",
    reason: "invalid_jwt",
    shop: "no call is made; nothing is marked",
    run: "does not occur",
    merchant: "the browser is asked for a new ID token, once",
  },
  {
    id: "timeout",
    answer: "none within ten seconds",
    when: { failure: "timeout" },
    kind: "transient",
    reason: "timeout",
    lost: true,
    ...UNDECIDED,
  },
  {
    id: "truncated-json",
    answer: "200 whose JSON breaks off",
    when: { failure: "broken_answer" },
    kind: "transient",
    reason: "broken_answer",
    lost: true,
    ...UNDECIDED,
  },
  {
    id: "network",
    answer: "none: the connection failed",
    when: { failure: "network" },
    kind: "transient",
    reason: "network",
    lost: true,
    ...UNDECIDED,
  },
  {
    id: "throttled",
    answer: "429",
    when: { status: 429 },
    kind: "transient",
    reason: "throttled",
    ...TOLD_TO_WAIT,
  },
  {
    id: "error-in-success",
    answer: "200 with `error` and without a token",
    when: { error: ["error_in_success"] },
    kind: "transient",
    reason: "error_in_success",
    lost: true,
    ...UNDECIDED,
  },
  {
    id: "server-error",
    answer: "5xx, 520, or a 200 that is not JSON",
    when: { status: [500, 599] },
    kind: "transient",
    reason: "http_{status}",
    lost: true,
    ...TOLD_TO_WAIT,
  },
  REDIRECTED,
  {
    id: "application-cannot-be-found",
    answer: "400 `application_cannot_be_found`",
    when: { error: ["application_cannot_be_found"] },
    kind: "configuration",
    reason: "application_cannot_be_found",
    ...UNKNOWN_APP,
  },
  {
    id: "invalid-client",
    answer: "401 `invalid_client`",
    when: { error: ["invalid_client"] },
    kind: "configuration",
    reason: "invalid_client",
    ...MISCONFIGURED,
  },
  {
    id: "unauthorized-client",
    answer: "400 `unauthorized_client`",
    when: { error: ["unauthorized_client"] },
    kind: "configuration",
    reason: "unauthorized_client",
    ...MISCONFIGURED,
  },
  {
    id: "app-not-installed",
    answer: "400 `app_not_installed`",
    when: { error: ["app_not_installed"] },
    kind: "not_installed",
    reason: "app_not_installed",
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
    kind: "suspended",
    reason: "closed",
    ...SUSPENDED,
  },
  {
    id: "refresh-refused-400",
    answer: "400 or 401 `invalid_grant`",
    when: { status: [400, 401], error: ["invalid_grant"] },
    grants: ["refresh"],
    kind: "final",
    reason: "refresh_token_refused",
    ...NEEDS_MERCHANT,
  },
  {
    id: "refresh-refused-401",
    answer: "400 or 401 “This request requires an active refresh_token”, as JSON or HTML",
    when: { status: [400, 401], text: /active refresh[_ ]token/i },
    grants: ["refresh"],
    kind: "final",
    reason: "refresh_token_refused",
    ...NEEDS_MERCHANT,
  },
  {
    id: "subject-token-refused",
    answer: "400 `invalid_subject_token`",
    when: { error: ["invalid_subject_token"] },
    grants: ["migrate"],
    kind: "ambiguous_subject_token",
    reason: "invalid_subject_token",
    shop: "the row is read again and the Admin API asked: refused there too (401, or 403 for being permanent), the shop needs re-authorization, recorded once; accepted, it is kept in use and offered again later",
    run: "outcome needs_reauthorization, or not_exchangeable",
    merchant: "with an ID token a new pair is acquired at once",
  },
  {
    id: "id-token-refused",
    answer: "400 `invalid_subject_token`",
    when: { error: ["invalid_subject_token"] },
    grants: ["exchange"],
    kind: "invalid_id_token",
    reason: "invalid_subject_token",
    shop: "nothing is marked",
    run: "does not occur",
    merchant: "the browser is asked for a new ID token, once",
  },
  {
    id: "unknown-4xx",
    answer: "any other answer",
    when: {},
    kind: "transient",
    reason: "unexpected_{status}",
    ...UNDECIDED,
  },
];

/** The first row that an answer of the token endpoint fits; the last one fits all. */
export function findTokenAnswer(observed: Observed, grant: Grant): TokenAnswerRule {
  return TOKEN_ANSWERS.find(({ when, grants }) => (grants?.includes(grant) ?? true) && fits(when, observed))!;
}
