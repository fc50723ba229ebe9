// Proves which error parks a job, puts it off, retries it or buries it.
import { describe, expect, it } from "vitest";
import {
  AdminApiRefusedError,
  ConfigurationError,
  StorageUnfitError,
  ReauthorizationRequiredError,
  SuspendedError,
  TransientError,
} from "../../tokens/errors.ts";
import { InvalidJobPayloadError } from "./job-payload.ts";
import { judgeJobError } from "./judge-job-error.ts";

const SHOP = "a.myshopify.com";

describe("judgeJobError", () => {
  it("parks what only the shop can resolve", () => {
    expect(judgeJobError(new ReauthorizationRequiredError(SHOP, "refresh_refused"))).toEqual({
      verdict: "park",
      reason: "needs_reauthorization",
      code: "refresh_refused",
    });
    expect(judgeJobError(new SuspendedError(SHOP, "frozen"))).toEqual({
      verdict: "park",
      reason: "suspended",
      code: "frozen",
    });
  });

  it("puts off what will pass, with what Shopify asked for", () => {
    expect(judgeJobError(new TransientError(SHOP, "http_429", { retryAfterMs: 2_000 }))).toEqual({
      verdict: "postpone",
      code: "http_429",
      retryAfterMs: 2_000,
    });
    const unfit = new StorageUnfitError(SHOP, { kind: "check", what: "a check", remedy: "drop it" });
    expect(judgeJobError(unfit)).toMatchObject({ verdict: "postpone", code: "storage_unfit" });
    expect(judgeJobError(new ConfigurationError(SHOP, "invalid_client"))).toMatchObject({ verdict: "postpone" });
  });

  it("retries what is our own fault, and buries what can never work", () => {
    expect(judgeJobError(new AdminApiRefusedError(SHOP, 403))).toEqual({
      verdict: "fail",
      code: "admin_api_refused:http_403",
    });
    expect(judgeJobError(new TypeError("x is undefined"))).toEqual({ verdict: "fail", code: "TypeError" });
    expect(judgeJobError("thrown text")).toEqual({ verdict: "fail", code: "unknown" });
    expect(judgeJobError(new InvalidJobPayloadError(["shop"]))).toMatchObject({ verdict: "bury" });
  });
});
