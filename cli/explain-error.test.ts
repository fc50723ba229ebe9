// Proves that every failure of the command line comes with its remedy.
import { describe, expect, it } from "vitest";
import { explainAnswer, explainNetworkError } from "./explain-error.ts";

const ORIGIN = "https://app.example.com";
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  explainAnswer(
    { status, headers: new Headers(headers), text: typeof body === "string" ? body : JSON.stringify(body) },
    ORIGIN,
  );

describe("explainAnswer", () => {
  it.each([
    [401, { code: "unauthorized" }, {}, "unauthorized", /app's own environment/],
    [401, "<h1>Log in</h1>", {}, "unauthorized", /in front of it/],
    [404, { code: "not_found" }, {}, "not_found", /Set MIGRATION_SECRET/],
    [404, "<h1>404</h1>", {}, "not_found", /--url/],
    [404, { code: "run_not_found", detail: "x" }, {}, "run_not_found", /latest/],
    [409, { code: "flow_not_ready", detail: "Expand first." }, {}, "flow_not_ready", /Expand first/],
    [429, { code: "too_many_attempts" }, { "Retry-After": "42" }, "too_many_attempts", /42 s/],
    [429, "slow down", { "Retry-After": "7" }, "too_many_requests", /Wait 7 s/],
    [301, "", { Location: "https://www.example.com/admin" }, "redirected", /--url https:\/\/www\.example\.com$/],
    [302, "", { Location: "/login" }, "redirected", /in front of it/],
    [500, { code: "internal_error" }, {}, "app_failed", /goes on/],
    [502, "<html>", {}, "proxy_failed", /in front of it .* goes on/],
    [503, "null", {}, "proxy_failed", /is down/],
    [404, { code: "shop_not_found", detail: "GET /admin/shops" }, {}, "shop_not_found", /`shops --search/],
    [418, "", {}, "unexpected", /--url/],
  ])("%i %o %o is %s", (status, body, headers, code, remedy) => {
    const error = answer(status, body, headers);
    expect(error.code).toBe(code);
    expect(error.remedy).toMatch(remedy);
  });

  it("names fields as the flags they were", () => {
    const errors = [
      { field: "shops.3", message: "must be a shop" },
      { field: "failureThreshold", message: "must be at most 100" },
    ];
    expect(answer(422, { code: "invalid_request", errors }).remedy).toBe(
      "Correct: --shop must be a shop; --failure-threshold must be at most 100",
    );
  });
});

describe("explainNetworkError", () => {
  const wrapped = (code: string) => new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) });

  it.each([
    ["ECONNREFUSED", "unreachable", /nothing listens there/],
    ["ENOTFOUND", "unreachable", /no such host/],
    ["UND_ERR_SOCKET", "unreachable", /broke off/],
    ["CERT_HAS_EXPIRED", "tls", /not trusted/],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls", /not trusted/],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls", /not trusted/],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls", /not trusted/],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls", /does not speak https/],
  ])("%s is %s", (cause, code, message) => {
    const error = explainNetworkError(wrapped(cause), ORIGIN);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.remedy).not.toBe("");
  });

  it("sees through a failure per address, and through silence", () => {
    const both = new AggregateError([Object.assign(new Error("x"), { code: "ECONNREFUSED" })]);
    expect(explainNetworkError(new TypeError("fetch failed", { cause: both }), ORIGIN).message).toMatch(/listens/);
    expect(explainNetworkError(new DOMException("x", "TimeoutError"), ORIGIN).code).toBe("timeout");
  });
});
