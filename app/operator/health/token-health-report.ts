import { DEADLINE } from "../../infra/deadline.ts";
import type { RotationReport, SealingReport, TokenHealth } from "../../tokens/index.ts";
import type { Phase } from "../../infra/flags/phase.ts";

type Verdict = "clean" | "migrating" | "regression";

export interface TokenHealthReport extends TokenHealth {
  /** Permanent tokens that a run would still try. */
  migratableTokens: number;
  /** Permanent tokens that Shopify would not exchange, by the reason's code: {"uninstalled": 3, "frozen": 1}. */
  unservedTokens: Record<string, number>;
  phase: Phase;
  verdict: Verdict;
  /** The day from which Shopify refuses permanent tokens of public apps. */
  deadline: string;
  daysLeft: number;
  /** Why the database would not keep a new token, and what mends it; null when it would. */
  storageProblem: string | null;
  /** What else of the database does not work for this app while new tokens are kept, and what mends it; null when all is well. */
  databaseProblem: string | null;
  /** How tokens are stored. */
  tokenEncryption: SealingReport;
  /** How the rotation of the client secret stands; null while there is none. No shop is named here. */
  clientSecret: RotationReport | null;
  /** The next safe step, in words. */
  nextStep: string;
}

export interface HealthFacts {
  counts: TokenHealth;
  /** Permanent rows by the reason why they are left; `migratable` for those that a run would try (app/tokens, `countRemainingTokens`). */
  remaining: Record<string, number>;
  /** Permanent tokens that were stored after contract was reached. */
  sinceContract: number;
  phase: Phase;
  /** Token exchange is on for every shop, by flag and rollout. */
  rolloutComplete: boolean;
  /** `use_legacy_install_flow` of shopify.app.toml; undefined when there is no such file or setting. */
  tomlUsesLegacyInstallFlow: boolean | undefined;
  /** Why the database would not keep a new token, and what mends it. */
  storageProblem?: string;
  /** What else of the database does not work, and what mends it. */
  databaseProblem?: string;
  /** The table of sessions, with its schema and database, where no shop has a token in it. */
  emptyTable?: string;
  tokenEncryption: SealingReport;
  clientSecret: RotationReport | null;
  /** Milliseconds since the epoch. */
  now: number;
}

const DAY_MS = 86_400_000;

/** Judges the state of the migration and names the next safe step. */
export function tokenHealthReport(facts: HealthFacts): TokenHealthReport {
  const verdict = verdictOf(facts);
  return {
    phase: facts.phase,
    verdict,
    ...facts.counts,
    migratableTokens: migratable(facts),
    unservedTokens: Object.fromEntries(Object.entries(facts.remaining).filter(([reason]) => reason !== MIGRATABLE)),
    deadline: DEADLINE,
    daysLeft: Math.max(0, Math.ceil((Date.parse(DEADLINE) - facts.now) / DAY_MS)),
    storageProblem: facts.storageProblem ?? null,
    databaseProblem: facts.databaseProblem ?? null,
    tokenEncryption: facts.tokenEncryption,
    clientSecret: facts.clientSecret,
    nextStep: facts.tokenEncryption.problem
      ? `Mend TOKEN_ENCRYPTION_KEYS: ${facts.tokenEncryption.problem}`
      : facts.storageProblem
        ? `Mend the database, which would not keep a new token: ${facts.storageProblem}`
        : facts.databaseProblem
          ? `Mend the database: ${facts.databaseProblem}`
          : nextStepOf(facts, verdict),
  };
}

/** `regression`: in contract nothing can make a permanent token any more, so one that was stored since came from outside. */
function verdictOf(facts: HealthFacts): Verdict {
  if (facts.phase === "contract" && facts.sinceContract > 0) return "regression";
  return migratable(facts) > 0 ? "migrating" : "clean";
}

const MIGRATABLE = "migratable";

function migratable({ remaining }: HealthFacts): number {
  return remaining[MIGRATABLE] ?? 0;
}

function nextStepOf(facts: HealthFacts, verdict: Verdict): string {
  const { phase } = facts;
  if (verdict === "regression") {
    const found = `Find what stored ${tokensOf(facts.sinceContract)} since contract (an older release, or a restored backup)`;
    return migratable(facts) > 0
      ? `${found}, then migrate again: npm run tokens -- migrate.`
      : `${found}. Shopify would not exchange what is left; the rows: npm run tokens -- doctor.`;
  }
  if (phase === "legacy") {
    return "Expand: set TOKEN_EXCHANGE_ENABLED=true, first for a share of the shops with TOKEN_EXCHANGE_ROLLOUT.";
  }
  if (verdict === "migrating") return `Migrate the ${tokensOf(migratable(facts))}: npm run tokens -- migrate.`;
  if (phase === "expand" && !facts.rolloutComplete)
    return "Raise TOKEN_EXCHANGE_ROLLOUT to 100%, with no shop left out.";
  const step = mismatch(facts) ?? (phase === "expand" ? CONTRACT : NOTHING_TO_DO);
  return phase === "expand" && facts.emptyTable ? `${emptyWords(facts.emptyTable)} ${step}` : step;
}

/** The last `nextStep` of all. */
export const NOTHING_TO_DO = "Nothing to do.";

/** A table that was made a moment ago looks like a migration that is over. */
function emptyWords(table: string): string {
  return `Empty: no shop has a token in ${table}. If merchants use this app already, its sessions are elsewhere: look at DATABASE_URL. For a new app:`;
}

function tokensOf(count: number): string {
  return `${count} permanent token${count === 1 ? "" : "s"}`;
}

const CONTRACT =
  "Contract: set LEGACY_INSTALL_FLOW_ENABLED=false. shopify.app.toml already leaves installation to Shopify.";

/** The file must be ahead of the flag: Shopify installs the app by itself before the app's own door is closed. */
function mismatch({ phase, tomlUsesLegacyInstallFlow: toml }: HealthFacts): string | undefined {
  if (toml === false) return undefined;
  if (phase === "expand") {
    return (
      "Contract: set use_legacy_install_flow = false in shopify.app.toml and deploy it (shopify app deploy), " +
      "then set LEGACY_INSTALL_FLOW_ENABLED=false."
    );
  }
  return toml === undefined
    ? undefined
    : "shopify.app.toml still says use_legacy_install_flow = true: set it to false and deploy it (shopify app deploy), or new merchants cannot install.";
}
