import { type Phase, usesLegacyInstallFlow } from "../infra/phase.ts";

/** What the database says about tokens (app/tokens, `health`). */
export interface TokenCounts {
  permanentTokens: number;
  legacyPrefixRows: number;
  expiringTokens: number;
  needsReauth: number;
  suspended: number;
  refreshTokensExpiringIn14Days: number;
}

export type Verdict = "clean" | "migrating" | "regression";

export interface TokenHealthReport extends TokenCounts {
  phase: Phase;
  verdict: Verdict;
  /** The day from which Shopify refuses permanent tokens of public apps. */
  deadline: string;
  daysLeft: number;
  /** The next safe step, in words. */
  nextStep: string;
}

export interface HealthFacts {
  counts: TokenCounts;
  phase: Phase;
  /** Token exchange is on for every shop, by flag and rollout. */
  rolloutComplete: boolean;
  /** `use_legacy_install_flow` of shopify.app.toml; undefined when there is no such file or setting. */
  tomlUsesLegacyInstallFlow: boolean | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

/** docs/platform-rules.md, "Public apps: permanent tokens are refused". */
export const DEADLINE = "2027-01-01";
const DAY_MS = 86_400_000;

/** Judges the state of the migration and names the next safe step. */
export function tokenHealthReport(facts: HealthFacts): TokenHealthReport {
  const verdict = verdictOf(facts);
  return {
    phase: facts.phase,
    verdict,
    ...facts.counts,
    deadline: DEADLINE,
    daysLeft: Math.max(0, Math.ceil((Date.parse(DEADLINE) - facts.now) / DAY_MS)),
    nextStep: nextStepOf(facts, verdict),
  };
}

/** `regression`: in contract nothing can make a permanent token any more, so one that is there came from outside. */
function verdictOf({ counts, phase }: HealthFacts): Verdict {
  if (counts.permanentTokens === 0) return "clean";
  return phase === "contract" ? "regression" : "migrating";
}

function nextStepOf(facts: HealthFacts, verdict: Verdict): string {
  const { phase, counts } = facts;
  const tokens = `${counts.permanentTokens} permanent token${counts.permanentTokens === 1 ? "" : "s"}`;
  if (verdict === "regression") {
    return `Find what stored ${tokens} (an older release, or a restored backup), then migrate again: npm run tokens -- migrate.`;
  }
  if (phase === "legacy") {
    return "Expand: set TOKEN_EXCHANGE_ENABLED=true, first for a share of the shops with TOKEN_EXCHANGE_ROLLOUT.";
  }
  if (verdict === "migrating") return `Migrate the ${tokens}: npm run tokens -- migrate.`;
  if (phase === "expand" && !facts.rolloutComplete)
    return "Raise TOKEN_EXCHANGE_ROLLOUT to 100%, with no shop left out.";
  return mismatch(facts) ?? (phase === "expand" ? CONTRACT : "Nothing to do.");
}

const CONTRACT =
  "Contract: set LEGACY_INSTALL_FLOW_ENABLED=false. shopify.app.toml already leaves installation to Shopify.";

/** The file must be ahead of the flag: Shopify installs the app by itself before the app's own door is closed. */
function mismatch({ phase, tomlUsesLegacyInstallFlow: toml }: HealthFacts): string | undefined {
  if (toml === undefined || toml === false) return undefined;
  if (phase === "expand") {
    return (
      "Contract: set use_legacy_install_flow = false in shopify.app.toml and deploy it (shopify app deploy), " +
      "then set LEGACY_INSTALL_FLOW_ENABLED=false."
    );
  }
  return usesLegacyInstallFlow(phase)
    ? undefined
    : "shopify.app.toml still says use_legacy_install_flow = true: set it to false and deploy it (shopify app deploy), or new merchants cannot install.";
}
