import { REGRESSION, type Finding } from "./doctor-finding.ts";
import { judgeRotation } from "./judge-rotation.ts";
import { judgeStorage, judgeUnanswered } from "./judge-storage.ts";
import { judgeSealing } from "./judge-sealing.ts";
import { judgeScopes } from "./judge-scopes.ts";
import { many } from "./pluralize.ts";
import type { HealthReport, Leftover, RunView, ScopesReport } from "./operator-client.ts";
import { harmless } from "./paint.ts";
import type { TomlReading } from "./read-toml-install-flow.ts";

/** What `doctor` looks at. */
export interface Situation {
  isReady: boolean;
  health: HealthReport;
  latestRun: RunView | undefined;
  /** Background jobs that failed for good. */
  deadLetters: number;
  toml: TomlReading;
  /** Permanent rows that Shopify would not exchange; the first ones. */
  leftovers: Leftover[];
  /** Undefined when the app does not say. */
  scopes: ScopesReport | undefined;
  /** Why the app could not answer some of it, in its words. */
  unanswered?: string[];
}

/** Closer to the deadline than this, permanent tokens are a problem. */
const URGENT_DAYS = 7;
const SOON_DAYS = 30;
const SHOWN_NAMES = 10;
const WEIGHT = { problem: 0, attention: 1, ok: 2 };

/** Compares phase, shopify.app.toml, database and latest run. Pure: findings, worst first, and the next safe step. */
export function examine(
  situation: Situation,
  command: (text: string) => string,
): { findings: Finding[]; nextStep: string } {
  const { health, latestRun } = situation;
  const findings = [
    ...judgeReadinessOf(situation),
    ...judgeStorage(health),
    ...judgeUnanswered(health, situation.unanswered),
    ...judgeSealing(health, command),
    ...judgeRotation(health, command),
    judgeTokens(health),
    judgeDeadline(health),
    judgeInstallFlow(health, situation.toml),
    ...judgeLeftovers(health, situation.leftovers),
    ...judgeShops(health),
    ...(situation.scopes ? judgeScopes(requiredScopes(situation.toml), situation.scopes) : []),
    ...judgeRun(latestRun),
    ...judgeJobs(situation.deadLetters, command),
  ].sort((a, b) => WEIGHT[a.level] - WEIGHT[b.level]);
  return { findings, nextStep: nextStep(situation, findings, command) };
}

function finding(level: Finding["level"], code: string, text: string): Finding {
  return { level, code, text };
}

/** What is said of an app whose database does not answer; also when it is too ill to say more. */
export function judgeReadiness(isReady: boolean): Finding {
  return isReady
    ? finding("ok", "ready", "the app's database is reachable and its schema current")
    : finding(
        "problem",
        "not_ready",
        "the app is not ready: its database cannot be reached, or its schema is behind (npm run db:deploy)",
      );
}

/** An app that says why it is not ready is not suspected of anything else. */
function judgeReadinessOf({ isReady, health }: Situation): Finding[] {
  const isExplained = Boolean(health.tokenEncryption?.problem ?? health.storageProblem);
  return !isReady && isExplained ? [] : [judgeReadiness(isReady)];
}

function judgeTokens({ verdict, phase, migratableTokens, expiringTokens }: HealthReport): Finding {
  if (verdict === "regression") {
    return finding("problem", "regression", REGRESSION);
  }
  if (migratableTokens === 0) {
    return finding("ok", "no_permanent_tokens", `no permanent token left to migrate, ${expiringTokens} expiring`);
  }
  return finding(
    "attention",
    "permanent_tokens",
    `${many(migratableTokens, "permanent token")} to migrate${phase === "legacy" ? ", once token exchange is on" : ""}; ${expiringTokens} expiring`,
  );
}

/** Codes that wait for a person; what Shopify does not serve for now is tried again by the app itself. */
const FOR_A_PERSON = new Set(["foreign_session", "not_exchangeable"]);

/** What Shopify would not serve, by reason and by name: nothing that a further run would change. */
function judgeLeftovers({ unservedTokens }: HealthReport, leftovers: readonly Leftover[]): Finding[] {
  return Object.entries(unservedTokens).map(([code, rows]) => {
    const known = leftovers.filter((one) => one.code === code);
    const names = known.slice(0, SHOWN_NAMES).map(({ id, shop }) => (id === `offline_${shop}` ? shop : `row ${id}`));
    if (rows > names.length) names.push(`${rows - names.length} more`);
    const words = known[0] ? ` (${known[0].message})` : "";
    const text = `${many(rows, "permanent token")} not to be migrated now: ${code}${words}: ${names.join(", ")}`;
    return finding(FOR_A_PERSON.has(code) ? "attention" : "ok", `unserved_${code}`, harmless(text));
  });
}

function requiredScopes(toml: TomlReading): string[] | undefined {
  return "unknown" in toml ? undefined : toml.scopes;
}

function judgeDeadline({ daysLeft, deadline, migratableTokens }: HealthReport): Finding {
  if (migratableTokens === 0) {
    return finding("ok", "deadline_met", `nothing is left for the deadline (${deadline})`);
  }
  if (daysLeft === 0) {
    return finding("problem", "deadline_passed", `since ${deadline} Shopify refuses permanent tokens of public apps`);
  }
  const level = daysLeft <= URGENT_DAYS ? "problem" : daysLeft <= SOON_DAYS ? "attention" : "ok";
  return finding(
    level,
    "deadline",
    `${many(daysLeft, "day")} until ${deadline}, when Shopify refuses permanent tokens`,
  );
}

/** Shopify reads the file as it was deployed last, the app reads its flags: they have to change in the right order. */
function judgeInstallFlow({ phase, migratableTokens }: HealthReport, toml: TomlReading): Finding {
  if ("unknown" in toml) {
    return finding(
      "attention",
      "toml_unknown",
      `${toml.unknown}: compare it yourself with what is deployed at Shopify`,
    );
  }
  const says = `use_legacy_install_flow = ${toml.usesLegacyInstallFlow}`;
  if (phase === "contract" && toml.usesLegacyInstallFlow) {
    return finding(
      "problem",
      "toml_behind",
      `shopify.app.toml still says ${says}, but the app has closed that door: new merchants cannot install. Set it to false and run \`shopify app deploy\``,
    );
  }
  if (phase === "legacy" && !toml.usesLegacyInstallFlow) {
    return finding(
      "problem",
      "toml_ahead",
      `shopify.app.toml says ${says}, but the app knows only the legacy flow: shops that Shopify installs get no token. Set it to true until the app is expanded`,
    );
  }
  if (phase === "expand" && !toml.usesLegacyInstallFlow && migratableTokens > 0) {
    return finding(
      "attention",
      "toml_early",
      `shopify.app.toml already says ${says}, before the migration has finished: right only when token exchange is on for every shop`,
    );
  }
  return finding("ok", "toml_fits", `shopify.app.toml says ${says}, which fits the phase ${phase}`);
}

function judgeShops({ needsReauth, suspended, refreshTokensExpiringIn14Days: ending }: HealthReport): Finding[] {
  return [
    ...(needsReauth > 0
      ? [
          finding(
            "attention",
            "needs_reauthorization",
            `${many(needsReauth, "shop")} waiting for the merchant's next visit`,
          ),
        ]
      : []),
    ...(suspended > 0
      ? [
          finding(
            "attention",
            "suspended",
            `${many(suspended, "shop")} frozen, locked or closed for now: tried again by the app itself`,
          ),
        ]
      : []),
    ...(ending > 0
      ? [
          finding(
            "attention",
            "refresh_tokens_ending",
            `${many(ending, "refresh token")} ending within 14 days: is the background work running (RUN_JOBS, npm run worker)?`,
          ),
        ]
      : []),
  ];
}

function judgeRun(run: RunView | undefined): Finding[] {
  if (run?.status === "running") return [finding("attention", "run_under_way", `run ${run.id} is under way`)];
  if (run?.status === "halted") {
    return [
      finding(
        "problem",
        "run_halted",
        `run ${run.id} halted itself: ${harmless(run.haltReason ?? "no reason is known")}`,
      ),
    ];
  }
  if (run?.status === "failed")
    return [
      finding("problem", "run_failed", `run ${run.id} failed: ${harmless(run.haltReason ?? "look at the app's log")}`),
    ];
  return [];
}

function judgeJobs(deadLetters: number, command: (text: string) => string): Finding[] {
  if (deadLetters === 0) return [];
  const text = `${many(deadLetters, "background job")} failed for good; tokens do not depend on them: ${command("dead-letters")}`;
  return [finding("attention", "dead_letters", text)];
}

/** The app knows its flags, its rollout and the file it was deployed with; what is found here comes first. */
function nextStep({ health, latestRun }: Situation, findings: Finding[], command: (text: string) => string): string {
  const needs = (code: string) => findings.some((one) => one.code === code);
  if (needs("storage_unfit") || needs("database_unfit") || needs("token_keys")) return health.nextStep;
  if (needs("unanswered")) return "Mend what keeps the app from answering, then run doctor again.";
  if (needs("not_ready")) return "Bring the app's database back: see its log, and `npm run db:deploy`.";
  if (latestRun?.status === "running") return `Let the run end: ${command("watch")}`;
  if (needs("toml_ahead"))
    return "Set use_legacy_install_flow = true in shopify.app.toml and run `shopify app deploy`.";
  if (needs("run_failed")) return `Repair what ended the run, then start again: ${command("migrate")}`;
  if (needs("run_halted")) return `Correct what halted the run, then start again: ${command("migrate")}`;
  if (needs("toml_behind") && health.migratableTokens === 0) {
    return "Set use_legacy_install_flow = false in shopify.app.toml and run `shopify app deploy`.";
  }
  return health.nextStep;
}
