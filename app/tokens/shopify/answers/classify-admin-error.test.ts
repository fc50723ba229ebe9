// Proves what each error of an Admin call means.
import { GraphqlQueryError, HttpRequestError, HttpResponseError } from "@shopify/shopify-api";
import { expect, test } from "vitest";
import { classifyAdminError } from "./classify-admin-error.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");

/** As the library throws it: the body unread, hanging on the error. */
function answered(code: number, text = "{}", headers: Record<string, string[]> = {}): HttpResponseError {
  const body = { errors: { networkStatusCode: code, message: "", response: new Response(text, { status: code }) } };
  return new HttpResponseError({ message: "", code, statusText: "", body, headers });
}

const graphql = (body: Record<string, unknown>): GraphqlQueryError =>
  new GraphqlQueryError({ message: "failed", response: {}, headers: {}, body });

const NON_EXPIRING =
  '{"errors":"[API] Non-expiring access tokens are no longer accepted for the Admin API. Start using expiring offline tokens: https://…"}';

test.each<[string, unknown, object]>([
  ["401", answered(401), { kind: "unauthorized" }],
  ["403 for a permanent token", answered(403, NON_EXPIRING), { kind: "permanent_refused" }],
  [
    "403 for a scope",
    answered(403, '{"errors":"[API] This action requires merchant approval"}'),
    { kind: "refused", status: 403 },
  ],
  ["402", answered(402), { kind: "suspended", reason: "frozen" }],
  ["423", answered(423), { kind: "suspended", reason: "locked" }],
  ["404", answered(404), { kind: "not_found" }],
  ["a redirect", answered(307), { kind: "transient", reason: "redirected" }],
  ["200 that breaks off", answered(200), { kind: "transient", reason: "broken_answer" }],
  ["200 with a text as errors", graphql({ errors: { graphQLErrors: "Try again" } }), { kind: "transient" }],
  [
    "429",
    answered(429, "", { "Retry-After": ["2.0"] }),
    { kind: "transient", reason: "throttled", retryAfterMs: 2_000 },
  ],
  ["502", answered(502), { kind: "transient", reason: "http_502" }],
  [
    "no answer",
    new HttpRequestError("Http request error, no response available: fetch failed"),
    { kind: "transient", reason: "network" },
  ],
  ["400", answered(400), { kind: "refused", status: 400 }],
])("%s", async (_name, error, verdict) => {
  expect(await classifyAdminError(error, NOW)).toMatchObject(verdict);
});

test("GraphQL's own errors", async () => {
  const errors = [{ message: "Field 'x' doesn't exist" }];
  expect(await classifyAdminError(graphql({ errors: { graphQLErrors: errors } }), NOW)).toEqual({
    kind: "graphql",
    errors,
  });
});

test("a query that costs more than is left waits for what is missing", async () => {
  const body = {
    errors: { graphQLErrors: [{ message: "Throttled", extensions: { code: "THROTTLED" } }] },
    extensions: { cost: { requestedQueryCost: 150, throttleStatus: { currentlyAvailable: 50, restoreRate: 50 } } },
  };
  expect(await classifyAdminError(graphql(body), NOW)).toEqual({ kind: "query_throttled", waitMs: 2_000 });
  expect(await classifyAdminError(graphql({ errors: body.errors }), NOW)).toEqual({
    kind: "query_throttled",
    waitMs: 1_000,
  });
});
