import { expect, it } from "vitest";
import { describeRun, duration, isComplete, progressLine } from "./describe-run.ts";
import { examine } from "./examine.ts";
import { failuresCsv } from "./failures-csv.ts";
import type { HealthReport, RunView } from "./operator-client.ts";

const run: RunView = {
  id: "run-1",
  status: "completed",
  dryRun: false,
  startedAt: "2026-11-23T10:00:00.000Z",
  finishedAt: "2026-11-23T10:01:15.000Z",
  total: 100,
  migrated: 90,
  skipped: 6,
  failed: 1,
  needsReauth: 3,
  remaining: 0,
  permanentTokens: 0,
  migratableTokens: 0,
  legacyPrefixRows: 96,
  ratePerSecond: 1.3,
  allowedRate: null,
  etaSeconds: 0,
  haltReason: null,
  notice: null,
  wave: null,
  workers: 0,
  failuresByCode: { permanent_token_spent: 3, http_503: 1 },
  failures: [],
};
const health: HealthReport = {
  phase: "expand",
  verdict: "migrating",
  permanentTokens: 7,
  legacyPrefixRows: 10,
  expiringTokens: 3,
  needsReauth: 0,
  suspended: 0,
  refreshTokensExpiringIn14Days: 0,
  deadline: "2027-01-01",
  daysLeft: 39,
  nextStep: "Migrate.",
};

it("a run is described with its proof", () => {
  const text = describeRun(run);
  expect(text).toContain("Run run-1: completed");
  expect(text).toContain("permanent tokens left in the database: 0. The migration is complete.");
  expect(text).toContain("3  × permanent_token_spent");
  expect(text).toContain("took 1 min 15 s");
  expect(describeRun({ ...run, permanentTokens: 5, migratableTokens: 0 })).toContain(
    "none of which can be migrated now",
  );
  expect(
    describeRun({ ...run, status: "halted", haltReason: "because", permanentTokens: 5, migratableTokens: 4 }),
  ).toMatch(/halted: because[\s\S]*of which 4 can be migrated/);
});

it("only a completed run without migratable tokens is complete", () => {
  expect(isComplete(run)).toBe(true);
  expect(isComplete({ ...run, permanentTokens: 3, migratableTokens: 0 })).toBe(true);
  expect(isComplete({ ...run, permanentTokens: 3, migratableTokens: 3 })).toBe(false);
  expect(isComplete({ ...run, status: "stopped" })).toBe(false);
  expect(isComplete({ ...run, dryRun: true })).toBe(false);
});

it("progress is one plain line", () => {
  const running: RunView = {
    ...run,
    status: "running",
    remaining: 50,
    etaSeconds: 3_700,
    allowedRate: 20,
    notice: "slow",
  };
  expect(progressLine(running, new Date("2026-11-23T10:00:05Z"))).toBe(
    "10:00:05  50 of 100 shops (50%) · 1.3/s (allowed 20/s) · about 1 h 1 min left · 4 failed · slow",
  );
  expect(duration(59.4)).toBe("59 s");
});

it("doctor finds what does not fit, worst first, and names the next safe step", () => {
  const fine = examine({ isReady: true, health, latestRun: run, tomlUsesLegacyInstallFlow: true });
  expect(fine.findings.filter((f) => f.level === "problem")).toEqual([]);
  expect(fine.nextStep).toBe("Migrate.");

  const early = examine({
    isReady: true,
    health: { ...health, phase: "contract" },
    latestRun: run,
    tomlUsesLegacyInstallFlow: true,
  });
  expect(early.findings[0]).toMatchObject({
    level: "problem",
    text: expect.stringContaining("shopify app deploy") as string,
  });
  expect(early.nextStep).toContain("use_legacy_install_flow = true");

  const under = examine({
    isReady: false,
    health,
    latestRun: { ...run, status: "running" },
    tomlUsesLegacyInstallFlow: undefined,
  });
  expect(under.nextStep).toContain("watch");
  expect(under.findings[0]?.text).toContain("db:deploy");

  const regression = examine({
    isReady: true,
    health: { ...health, verdict: "regression", nextStep: "Find it." },
    latestRun: undefined,
    tomlUsesLegacyInstallFlow: false,
  });
  expect(regression.nextStep).toBe("Find it.");
});

it("failures as CSV survive commas, quotes, new lines and spreadsheets", () => {
  const failure = {
    shop: "a.myshopify.com",
    outcome: "failed",
    code: "x",
    message: 'said "no",\nthen left',
    attempts: 2,
    retryable: true,
  };
  expect([...failuresCsv([failure, { ...failure, message: "=1+1" }])]).toEqual([
    "shop,outcome,code,message,attempts,retryable",
    'a.myshopify.com,failed,x,"said ""no"",\nthen left",2,true',
    "a.myshopify.com,failed,x,'=1+1,2,true",
  ]);
});
