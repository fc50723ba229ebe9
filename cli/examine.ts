import { readFile } from "node:fs/promises";
import { parse } from "smol-toml";
import type { HealthReport, RunView } from "./operator-client.ts";

export interface Finding {
  level: "ok" | "attention" | "problem";
  text: string;
}

/** What `doctor` looks at. */
export interface Situation {
  isReady: boolean;
  health: HealthReport;
  latestRun: RunView | undefined;
  /** `use_legacy_install_flow` of shopify.app.toml; undefined when the file is not there or does not say. */
  tomlUsesLegacyInstallFlow: boolean | undefined;
}

/** Compares phase, shopify.app.toml, database and latest run. Pure: findings, worst first, and the next safe step. */
export function examine({ isReady, health, latestRun, tomlUsesLegacyInstallFlow }: Situation): {
  findings: Finding[];
  nextStep: string;
} {
  const findings: Finding[] = [];
  const say = (level: Finding["level"], text: string) => findings.push({ level, text });

  if (isReady) say("ok", "the app's database is reachable and its schema current");
  else
    say(
      "problem",
      "the app is not ready: its database is unreachable or its schema is behind; run `npm run db:deploy`",
    );

  say(
    "ok",
    `phase ${health.phase}; ${health.daysLeft} days until ${health.deadline}, when permanent tokens are refused`,
  );
  if (health.verdict === "regression") {
    say(
      "problem",
      `${health.permanentTokens} permanent tokens appeared where none can come from any more: an old release, or a restored backup`,
    );
  } else if (health.permanentTokens > 0) {
    say("attention", `${health.permanentTokens} permanent tokens to migrate`);
  } else say("ok", `no permanent token in the database; ${health.expiringTokens} expiring ones`);

  if (tomlUsesLegacyInstallFlow === undefined) {
    say(
      "attention",
      "shopify.app.toml does not say use_legacy_install_flow here: compare it yourself with what is deployed at Shopify",
    );
  } else if (health.phase === "contract" && tomlUsesLegacyInstallFlow) {
    say(
      "problem",
      "shopify.app.toml still has use_legacy_install_flow = true: set it to false and run `shopify app deploy`",
    );
  } else if (health.phase === "legacy" && !tomlUsesLegacyInstallFlow) {
    say(
      "problem",
      "shopify.app.toml has use_legacy_install_flow = false, but the app runs the legacy flow: set it to true until the app is expanded",
    );
  } else say("ok", `shopify.app.toml fits: use_legacy_install_flow = ${tomlUsesLegacyInstallFlow}`);

  if (health.needsReauth > 0) say("attention", `${health.needsReauth} shops wait for their merchant's next visit`);
  if (health.suspended > 0)
    say("attention", `${health.suspended} shops are frozen, locked or closed for now; migrate again later`);
  if (health.refreshTokensExpiringIn14Days > 0) {
    say(
      "attention",
      `${health.refreshTokensExpiringIn14Days} refresh tokens end within 14 days: is the background work running?`,
    );
  }
  if (latestRun?.status === "running") say("attention", `a run is under way: \`watch\` follows it (${latestRun.id})`);
  if (latestRun?.status === "halted") say("problem", `the latest run halted: ${latestRun.haltReason}`);

  const weight = { problem: 0, attention: 1, ok: 2 };
  findings.sort((a, b) => weight[a.level] - weight[b.level]);
  return { findings, nextStep: nextStep(health, latestRun, findings) };
}

function nextStep(health: HealthReport, latestRun: RunView | undefined, findings: readonly Finding[]): string {
  if (latestRun?.status === "running") return "Let the run end: npm run tokens -- watch";
  // The app knows its flags, its rollout and its own copy of the toml; a problem found here comes first.
  const problem = findings.find((finding) => finding.level === "problem");
  return problem && health.verdict !== "regression" ? `First: ${problem.text}` : health.nextStep;
}

/** `use_legacy_install_flow` of a configuration file; undefined when it is not there or does not say. */
export async function readTomlInstallFlow(file: string): Promise<boolean | undefined> {
  try {
    const { access_scopes: scopes } = parse(await readFile(file, "utf8")) as {
      access_scopes?: { use_legacy_install_flow?: unknown };
    };
    return typeof scopes?.use_legacy_install_flow === "boolean" ? scopes.use_legacy_install_flow : undefined;
  } catch {
    return undefined;
  }
}
