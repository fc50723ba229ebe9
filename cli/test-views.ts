import { IN_PLAIN } from "../app/operator/health/test-sealing.ts";
import type { HealthReport, RunView } from "./operator-client.ts";

/** A finished run for tests of what is said about it. */
export const RUN: RunView = {
  id: "run-1",
  status: "completed",
  dryRun: false,
  startedAt: "2026-11-23T10:00:00.000Z",
  finishedAt: "2026-11-23T10:01:15.000Z",
  total: 1_000,
  migrated: 990,
  skipped: 6,
  failed: 0,
  needsReauth: 4,
  remaining: 0,
  permanentTokens: 0,
  migratableTokens: 0,
  legacyPrefixRows: 996,
  ratePerSecond: 13.3,
  allowedRate: null,
  etaSeconds: 0,
  haltReason: null,
  notice: null,
  wave: null,
  workers: 0,
  failuresByCode: {},
  failures: [],
};

/** The same run half way. */
export const UNDER_WAY: RunView = {
  ...RUN,
  status: "running",
  finishedAt: null,
  remaining: 500,
  permanentTokens: null,
  migratableTokens: null,
  legacyPrefixRows: null,
  allowedRate: 20,
  etaSeconds: 3_700,
  workers: 2,
};

export const HEALTH: HealthReport = {
  phase: "expand",
  verdict: "migrating",
  permanentTokens: 7,
  migratableTokens: 7,
  unservedTokens: {},
  legacyPrefixRows: 10,
  expiringTokens: 3,
  needsReauth: 0,
  suspended: 0,
  refreshTokensExpiringIn14Days: 0,
  deadline: "2027-01-01",
  daysLeft: 39,
  storageProblem: null,
  databaseProblem: null,
  tokenEncryption: IN_PLAIN,
  clientSecret: null,
  nextStep: "What the app says.",
};
