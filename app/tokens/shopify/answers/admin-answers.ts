import * as shared from "./answer-rule.ts";

export type AdminAnswerKind =
  "unauthorized" | "permanent_refused" | "suspended" | "not_found" | "transient" | "refused";

type AdminAnswerRule = shared.AnswerRule<AdminAnswerKind>;

/** Answers of the Admin API that are not GraphQL's. @see docs/platform-rules.md, the Admin API */
export const ADMIN_ANSWERS: readonly AdminAnswerRule[] = [
  { ...shared.NETWORK, answer: "none" },
  {
    id: "truncated-json",
    answer: "200 whose JSON breaks off, or without `data` and GraphQL errors",
    when: { status: [200, 299] },
    reason: "broken_answer",
    ...shared.UNDECIDED,
  },
  {
    id: "unauthorized",
    answer: "401",
    when: { status: 401 },
    kind: "unauthorized",
    reason: "unauthorized",
    shop: "the newest token is loaded, else refreshed or migrated, and the call is made once more",
    run: "a pair that was just stored is refreshed once",
    merchant: "sees nothing of it; with an ID token a new pair is acquired as a last resort",
  },
  {
    id: "permanent-refused",
    answer: "403 “Non-expiring access tokens are no longer accepted”",
    when: { status: 403, text: /non-expiring access tokens? (is|are) no longer accepted/i },
    kind: "permanent_refused",
    reason: "permanent_refused",
    shop: "the permanent token is migrated; refused there too, the shop needs re-authorization, recorded once",
    run: "as for the token endpoint's answer",
    merchant: "sees nothing of it; with an ID token a new pair is acquired as a last resort",
  },
  shared.THROTTLED,
  { ...shared.SERVER_ERROR, answer: "5xx, or a 200 that is not JSON" },
  shared.REDIRECTED,
  shared.FROZEN,
  shared.LOCKED,
  {
    id: "not-found",
    answer: "404: unknown API version, or unknown shop",
    when: { status: 404 },
    kind: "not_found",
    reason: "admin_api_not_found",
    shop: "nothing is marked: alone it never speaks of the shop. A shop that the token endpoint called closed stays suspended",
    run: "a stored pair stays “not verified”",
    merchant: "“The app isn’t set up correctly”; jobs are put off, not parked",
  },
  {
    id: "missing-scope",
    answer: "any other 4xx, as 403 for a scope",
    when: {},
    kind: "refused",
    reason: "http_{status}",
    shop: "nothing is marked: no token can heal it",
    run: "a stored pair stays “not verified”",
    merchant: "“Shopify didn’t accept this request”",
  },
];

/** The first row that an answer of the Admin API fits; the last one fits all. */
export function findAdminAnswer(observed: shared.Observed): AdminAnswerRule {
  return ADMIN_ANSWERS.find(({ when }) => shared.fits(when, observed))!;
}
