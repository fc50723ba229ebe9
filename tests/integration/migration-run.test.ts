import { describe, expect, it } from "vitest";
import { FlowNotReadyError } from "../../app/migration/index.ts";
import { migrationHarness } from "./migration-harness.ts";

const t = migrationHarness();

describe("a migration run", () => {
  it("brings every permanent shop over, proves it, and counts what is left", async () => {
    const shops = await t.seed(60);
    const { migrations } = t.instance();
    const run = await t.run(migrations);
    expect(run).toMatchObject({
      status: "completed",
      dryRun: false,
      total: 60,
      migrated: 60,
      skipped: 0,
      failed: 0,
      needsReauth: 0,
      remaining: 0,
      permanentTokens: 0,
      migratableTokens: 0,
      legacyPrefixRows: 60,
      etaSeconds: 0,
      haltReason: null,
      failures: [],
      failuresByCode: {},
    });
    expect(run.ratePerSecond).toBeGreaterThan(0);
    await t.expectAllCurrent(shops);
    const outcomes = await t.outcomes(run.id);
    expect(outcomes.map((o) => o.code)).toEqual(shops.map(() => "verified"));
  });
});

void FlowNotReadyError;
