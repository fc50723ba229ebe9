// Proves that a merchant's page knows what every error is, and never shows an error's own message.
import { UNSAFE_ErrorResponseImpl as ErrorResponse } from "@remix-run/router";
import { expect, it } from "vitest";
import { pageProblemOf } from "./page-problem.ts";

it("shows a problem that the server has named", () => {
  const problem = { code: "missing_scopes", next: "/auth", reference: "1" };
  expect(pageProblemOf(new ErrorResponse(503, "", problem))).toEqual(problem);
});

it("has a name for what has none", () => {
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
