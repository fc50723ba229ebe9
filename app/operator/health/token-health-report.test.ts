// Proves which verdict and next step the counts make in each phase.
import { describe, expect, it } from "vitest";
import { IN_PLAIN } from "./test-sealing.ts";
import { tokenHealthReport, type HealthFacts } from "./token-health-report.ts";

const report = (facts: Partial<HealthFacts> & { permanentTokens?: number; unserved?: number } = {}) => {
  const { permanentTokens = 0, unserved = 0, ...rest } = facts;
  return tokenHealthReport({
    counts: {
      permanentTokens,
      legacyPrefixRows: 7,
      expiringTokens: 7,
      needsReauth: 0,
      suspended: 0,
      refreshTokensExpiringIn14Days: 0,
    },
    remaining: {
      ...(permanentTokens > 0 && { migratable: permanentTokens }),
      ...(unserved > 0 && { frozen: unserved }),
    },
    sinceContract: 0,
    phase: "expand",
    rolloutComplete: true,
    tomlUsesLegacyInstallFlow: true,
    tokenEncryption: IN_PLAIN,
    clientSecret: null,
    now: Date.parse("2026-11-23T05:00:00Z"),
    ...rest,
  });
};

it("does not take a table without a token for a migration that is over, and says which table it is", () => {
  const emptyTable = 'public."Session" of the database app';
  expect(report({ emptyTable }).nextStep).toMatch(
    /^Empty: no shop has a token in public\."Session" of the database app\..*Contract: set/,
  );
  expect(report({ emptyTable, phase: "contract", tomlUsesLegacyInstallFlow: false }).nextStep).toBe("Nothing to do.");
  expect(report().nextStep).not.toContain("Empty");
});

describe("verdict", () => {
  it.each([
    ["legacy", 0, "clean"],
    ["legacy", 3, "migrating"],
    ["expand", 0, "clean"],
    ["expand", 3, "migrating"],
    ["contract", 0, "clean"],
    ["contract", 1, "migrating"],
  ] as const)("in %s with %i permanent tokens is %s", (phase, permanentTokens, verdict) =>
    expect(report({ phase, permanentTokens }).verdict).toBe(verdict),
  );

  it("is clean beside what Shopify would not serve, with the number beside it", () => {
    for (const phase of ["expand", "contract"] as const) {
      expect(report({ phase, unserved: 3 })).toMatchObject({
        verdict: "clean",
        migratableTokens: 0,
        unservedTokens: { frozen: 3 },
      });
    }
    expect(report({ unserved: 3 }).nextStep).toMatch(/LEGACY_INSTALL_FLOW_ENABLED=false/);
  });

  it("is a regression only for what was stored since contract", () => {
    expect(report({ phase: "contract", permanentTokens: 1, sinceContract: 1 }).verdict).toBe("regression");
    expect(report({ phase: "contract", unserved: 1, sinceContract: 1 }).verdict).toBe("regression");
    expect(report({ phase: "expand", permanentTokens: 1, sinceContract: 1 }).verdict).toBe("migrating");
  });

  it("does not count what merely begins with shpat_", () => {
    expect(report({ phase: "contract" })).toMatchObject({ verdict: "clean", legacyPrefixRows: 7 });
  });
});

describe("next step", () => {
  it.each([
    ["expands first", { phase: "legacy", permanentTokens: 3 }, /^Expand: set TOKEN_EXCHANGE_ENABLED=true/],
    ["then migrates", { permanentTokens: 3 }, /^Migrate the 3 permanent tokens: npm run tokens -- migrate/],
    ["then completes the rollout", { rolloutComplete: false }, /TOKEN_EXCHANGE_ROLLOUT to 100%/],
    [
      "then tells Shopify, before it closes the door",
      {},
      /use_legacy_install_flow = false.*then set LEGACY_INSTALL_FLOW_ENABLED=false/,
    ],
    ["then closes the door", { tomlUsesLegacyInstallFlow: false }, /^Contract: set LEGACY_INSTALL_FLOW_ENABLED=false/],
    [
      "names both where no file says anything",
      { tomlUsesLegacyInstallFlow: undefined },
      /^Contract: set use_legacy_install_flow = false.*then set LEGACY/,
    ],
    ["is over", { phase: "contract", tomlUsesLegacyInstallFlow: false }, /^Nothing to do\.$/],
    ["notices a file that was forgotten", { phase: "contract" }, /still says use_legacy_install_flow = true/],
    [
      "looks for what broke it",
      { phase: "contract", permanentTokens: 1, sinceContract: 1 },
      /^Find what stored 1 permanent token .*then migrate again/,
    ],
    [
      "does not tell to repeat what cannot work",
      { phase: "contract", unserved: 1, sinceContract: 1 },
      /^Find what stored 1 permanent token .*Shopify would not exchange/,
    ],
  ] as const)("%s", (_, facts, words) => expect(report(facts).nextStep).toMatch(words));
});

it("counts the days to the deadline, and not below zero", () => {
  expect(report()).toMatchObject({ deadline: "2027-01-01", daysLeft: 39 });
  expect(report({ now: Date.parse("2026-12-31T23:59:00Z") }).daysLeft).toBe(1);
  expect(report({ now: Date.parse("2027-06-01T00:00:00Z") }).daysLeft).toBe(0);
});
