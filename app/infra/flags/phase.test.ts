// Proves which phase the two flags make.
import { describe, expect, it } from "vitest";
import { phaseOf } from "./phase.ts";

describe("phaseOf", () => {
  it.each([
    [false, true, "legacy"],
    [true, true, "expand"],
    [true, false, "contract"],
    [false, false, undefined],
  ] as const)(
    "token exchange %s, legacy install flow %s: %s",
    (tokenExchangeEnabled, legacyInstallFlowEnabled, phase) => {
      expect(phaseOf({ tokenExchangeEnabled, legacyInstallFlowEnabled })).toBe(phase);
    },
  );
});
