// Proves what each answer of the token endpoint means, at each grant.
import { HttpInternalError, HttpResponseError, HttpThrottlingError, InvalidJwtError } from "@shopify/shopify-api";
import { describe, expect, test } from "vitest";
import { classifyTokenError } from "./classify-token-error.ts";
import type { Grant } from "../token-endpoint.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");

function answered(code: number, body: unknown = {}, headers: Record<string, string[]> = {}): HttpResponseError {
  const params = { message: `answered ${code}`, code, statusText: "", body: body as Record<string, unknown>, headers };
  if (code === 429)
    return new HttpThrottlingError({ ...params, retryAfter: Number(headers["Retry-After"]?.[0]) || undefined });
  return code >= 500 ? new HttpInternalError(params) : new HttpResponseError(params);
}

const judge = (error: unknown, grant: Grant = "refresh") => classifyTokenError(error, grant, NOW);

describe("a refresh token that is over", () => {
  test("401 invalid_request, in Shopify's words", () => {
    const body = { error: "invalid_request", error_description: "This request requires an active refresh_token" };
    expect(judge(answered(401, body))).toEqual({ kind: "final", reason: "refresh_token_refused" });
  });
  test("the same as the text of an HTML page", () => {
    const body = {
      error: "not_json",
      error_description: "Oauth error invalid_request: This request requires an active refresh_token",
    };
    expect(judge(answered(401, body))).toMatchObject({ kind: "final" });
  });
  test("400 invalid_grant", () => {
    expect(judge(answered(400, { error: "invalid_grant" }))).toMatchObject({ kind: "final" });
  });
  test("not without those words", () => {
    expect(judge(answered(401, { error: "invalid_request" }))).toMatchObject({
      kind: "transient",
      reason: "unexpected_401",
    });
    expect(judge(answered(400, { error: "invalid_request" }))).toMatchObject({
      kind: "transient",
      reason: "unexpected_400",
    });
  });
  test("not for another grant", () => {
    const body = { error: "invalid_request", error_description: "This request requires an active refresh_token" };
    expect(judge(answered(401, body), "migrate")).toMatchObject({ kind: "transient" });
  });
});

describe("400 invalid_subject_token", () => {
  const refused = answered(400, { error: "invalid_subject_token" });
  test("is ambiguous for a permanent token", () => {
    expect(judge(refused, "migrate")).toEqual({ kind: "ambiguous_subject_token", reason: "invalid_subject_token" });
  });
  test("asks the browser for another ID token", () => {
    expect(judge(refused, "exchange")).toEqual({ kind: "invalid_id_token", reason: "invalid_subject_token" });
  });
  test("decides nothing for a refresh", () => {
    expect(judge(refused, "refresh")).toMatchObject({ kind: "transient" });
  });
});

test("an ID token the library does not accept", () => {
  expect(judge(new InvalidJwtError("no"), "exchange")).toEqual({ kind: "invalid_id_token", reason: "invalid_jwt" });
});

test.each([
  [400, "application_cannot_be_found"],
  [401, "invalid_client"],
])("%s %s is a configuration error, for every grant", (status, error) => {
  for (const grant of ["exchange", "migrate", "refresh"] as const) {
    expect(judge(answered(status, { error }), grant)).toEqual({ kind: "configuration", reason: error });
  }
});

test.each([
  [402, "frozen"],
  [423, "locked"],
  [404, "closed"],
])("%s is a suspension: %s", (status, reason) => {
  expect(judge(answered(status))).toEqual({ kind: "suspended", reason });
});

describe("transient", () => {
  test("a network error, its answer lost", () => {
    expect(judge(new TypeError("fetch failed"))).toEqual({ kind: "transient", reason: "network", lost: true });
  });
  test("a timeout", () => {
    expect(judge(new DOMException("", "TimeoutError"))).toEqual({ kind: "transient", reason: "timeout", lost: true });
  });
  test("a success whose body broke off", () => {
    expect(judge(new SyntaxError("Unexpected end"))).toMatchObject({
      kind: "transient",
      reason: "broken_answer",
      lost: true,
    });
  });
  test("429 with Retry-After in decimal seconds", () => {
    const verdict = judge(answered(429, {}, { "Retry-After": ["2.5"] }));
    expect(verdict).toEqual({ kind: "transient", reason: "throttled", lost: false, retryAfterMs: 2_500 });
  });
  test("503 with Retry-After as a date", () => {
    const header = { "Retry-After": [new Date(NOW + 7_000).toUTCString()] };
    expect(judge(answered(503, {}, header))).toMatchObject({
      kind: "transient",
      reason: "http_503",
      retryAfterMs: 7_000,
    });
  });
  test("500, and 520 that was plain text: the answer of a proxy that lost the real one", () => {
    expect(judge(answered(500))).toMatchObject({ kind: "transient", reason: "http_500", lost: true });
    expect(judge(answered(520, { error: "not_json" }))).toMatchObject({
      kind: "transient",
      reason: "http_520",
      lost: true,
    });
  });
  test("an answer never seen before", () => {
    expect(judge(answered(418))).toMatchObject({ kind: "transient", reason: "unexpected_418", lost: false });
    expect(judge("a string")).toMatchObject({ kind: "transient", reason: "network" });
  });
});
