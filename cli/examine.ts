import { many } from "./many.ts";
import type { HealthReport, RunView } from "./operator-client.ts";
import { harmless } from "./paint.ts";
import type { TomlReading } from "./read-toml-install-flow.ts";

export interface Finding {
  level: "ok" | "attention" | "problem";
  /** Stable, for machines. */
  code: string;
  text: string;
}

/** What `doctor` looks at. */
export interface Situation {
  isReady: boolean;
  health: HealthReport;
  latestRun: RunView | undefined;
  /** Background jobs that failed for good. */
  deadLetters: number;
  toml: TomlReading;
}

/** Closer to the deadline than this, permanent tokens are a problem. */
const URGENT_DAYS = 7;
const SOON_DAYS = 30;
const WEIGHT = { problem: 0, attention: 1, ok: 2 };

/** Compares phase, shopify.app.toml, database and latest run. Pure: findings, worst first, and the next safe step. */
export function examine(
  situation: Situation,
  command: (text: string) => string,
): { findings: Finding[]; nextStep: string } {
  const { health, latestRun } = situation;
  const findings = [
    judgeReadiness(situation.isReady),
    judgeTokens(health),
    judgeDeadline(health),
    judgeInstallFlow(health, situation.toml),
    ...judgeShops(health),
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

function judgeTokens({ verdict, phase, permanentTokens, expiringTokens }: HealthReport): Finding {
  if (verdict === "regression") {
    const text = `${many(permanentTokens, "permanent token")} where none can come from any more: an older release, or a restored backup`;
    return finding("problem", "regression", text);
  }
  if (permanentTokens === 0) {
    return finding("ok", "no_permanent_tokens", `no permanent token in the database, ${expiringTokens} expiring`);
  }
  return finding(
    "attention",
    "permanent_tokens",
    `${many(permanentTokens, "permanent token")} to migrate${phase === "legacy" ? ", once token exchange is on" : ""}; ${expiringTokens} expiring`,
  );
}

function judgeDeadline({ daysLeft, deadline, permanentTokens }: HealthReport): Finding {
  if (permanentTokens === 0) {
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
function judgeInstallFlow({ phase, permanentTokens }: HealthReport, toml: TomlReading): Finding {
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
  if (phase === "expand" && !toml.usesLegacyInstallFlow && permanentTokens > 0) {
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
            `${many(suspended, "shop")} frozen, locked or closed for now; migrate again later`,
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
    return [finding("problem", "run_failed", `run ${run.id} failed: look at the app's log`)];
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
  if (needs("not_ready")) return "Bring the app's database back: see its log, and `npm run db:deploy`.";
  if (latestRun?.status === "running") return `Let the run end: ${command("watch")}`;
  if (needs("toml_ahead"))
    return "Set use_legacy_install_flow = true in shopify.app.toml and run `shopify app deploy`.";
  if (needs("run_halted")) return `Correct what halted the run, then start again: ${command("migrate")}`;
  if (needs("toml_behind") && health.permanentTokens === 0) {
    return "Set use_legacy_install_flow = false in shopify.app.toml and run `shopify app deploy`.";
  }
  return health.nextStep;
}
