// Proves which phase the two flags make, and what shopify.app.toml must say in each.
import { describe, expect, it } from "vitest";
import { phaseOf, usesLegacyInstallFlow } from "./phase.ts";

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

  it("closes the legacy install flow in shopify.app.toml only in contract", () => {
    expect((["legacy", "expand", "contract"] as const).map(usesLegacyInstallFlow)).toEqual([true, true, false]);
  });
});
