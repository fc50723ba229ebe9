// Proves that a merchant's page has words for every problem, and never shows an error's own message.
import { UNSAFE_ErrorResponseImpl as ErrorResponse } from "@remix-run/router";
import { expect, it } from "vitest";
import { pageProblemOf } from "./page-problem.ts";

it("shows a problem that the server put into words", () => {
  const problem = { code: "x", title: "Title", detail: "Detail", retryable: false };
  expect(pageProblemOf(new ErrorResponse(503, "", problem))).toEqual(problem);
});

it("has words for what has none", () => {
  expect(pageProblemOf(new ErrorResponse(404, "Not Found", "")).code).toBe("not_found");
  expect(pageProblemOf(new ErrorResponse(401, "Unauthorized", null)).code).toBe("reopen");
});

it.each([
  [new TypeError("Failed to fetch"), "not_reached"],
  [new TypeError("NetworkError when attempting to fetch resource."), "not_reached"],
  [new TypeError("Load failed"), "not_reached"],
  [new Error("Failed to fetch"), "not_reached"],
  [new Error("Unable to decode turbo-stream response from URL: https://app.example.com/app.data"), "busy"],
  [new TypeError("Cannot read properties of undefined"), "unknown"],
])("%s is %s", (error, code) => {
  expect(pageProblemOf(error).code).toBe(code);
});

it("never shows an error's own message", () => {
  const shown = JSON.stringify([
    pageProblemOf(new Error("shpat_secret")),
    pageProblemOf(new ErrorResponse(500, "", "shpat_secret")),
  ]);
  expect(shown).not.toContain("secret");
});
