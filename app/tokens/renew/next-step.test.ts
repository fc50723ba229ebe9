// Proves what is done about each status, in each phase, with the reason.
import { expect, test } from "vitest";
import { nextStep, type StepContext } from "./next-step.ts";
import type { TokenStatusName } from "../records/token-status.ts";

const step = (status: TokenStatusName, over: Partial<StepContext> = {}) =>
  nextStep(
    { status, reason: "as_read" },
    { phase: "expand", idToken: false, replace: false, chainIsDead: false, ...over },
  );

test.each<[string, Partial<StepContext>, string, string]>([
  ["expiry_passed", {}, "use", "expiry_passed"],
  ["expiry_passed", { idToken: true }, "acquire", "expiry_passed"],
  ["expiry_passed", { phase: "contract", idToken: true }, "migrate", "contract_phase"],
  ["not_exchangeable", { phase: "contract" }, "use", "not_exchangeable"],
  ["not_exchangeable", { phase: "contract", idToken: true }, "acquire", "not_exchangeable"],
  ["not_exchangeable", { replace: true }, "reauthorize", "not_exchangeable"],
])("permanent because %s, %j: %s because %s", (why, over, expected, reason) => {
  const context = { phase: "expand" as const, idToken: false, replace: false, chainIsDead: false, ...over };
  expect(nextStep({ status: "permanent", reason: why }, context)).toEqual({ step: expected, reason });
});

test.each<[TokenStatusName, Partial<StepContext>, string, string]>([
  ["fresh", {}, "use", "as_read"],
  ["fresh", { replace: true }, "refresh", "replace"],
  ["expiring", {}, "refresh", "as_read"],
  ["expired", { idToken: true }, "refresh", "as_read"],
  ["permanent", { phase: "legacy" }, "use", "as_read"],
  ["permanent", { phase: "expand", idToken: true }, "use", "as_read"],
  ["permanent", { phase: "contract" }, "migrate", "contract_phase"],
  ["permanent", { replace: true }, "migrate", "replace"],
  ["permanent", { phase: "legacy", replace: true }, "migrate", "replace"],
  ["custom_app", { phase: "contract" }, "use", "as_read"],
  ["custom_app", { replace: true }, "reauthorize", "custom_app_token_refused"],
  ["dead", {}, "reauthorize", "as_read"],
  ["dead", { idToken: true }, "acquire", "as_read"],
  ["placeholder", { idToken: true }, "acquire", "as_read"],
  ["missing", {}, "reauthorize", "as_read"],
  ["missing", { idToken: true }, "acquire", "as_read"],
  ["expired", { chainIsDead: true }, "reauthorize", "chain_refused"],
  ["expired", { chainIsDead: true, idToken: true }, "acquire", "chain_refused"],
])("%s %j: %s because %s", (status, over, expected, reason) => {
  expect(step(status, over)).toEqual({ step: expected, reason });
});
