import { systemClock } from "../../infra/clock.ts";
import { countTokensSinceContract } from "../../migration/index.ts";
import { lookAtRemainingTokens, isExemptDistribution } from "../../tokens/index.ts";
import { services } from "../../services.server.ts";
import { findUnfitness } from "./find-unfitness.server.ts";
import { tokenHealthReport, type TokenHealthReport } from "./token-health-report.ts";
import { findTomlInstallFlow } from "./toml-install-flow.server.ts";

/** How the migration stands now, and the next safe step. Where counts are large they may be a little old. */
export async function readTokenHealthReport(): Promise<TokenHealthReport> {
  const { env, db, tokens } = services;
  const isExempt = isExemptDistribution(env.APP_DISTRIBUTION);
  const [counts, remaining, sinceContract, tomlUsesLegacyInstallFlow, unfitness, tokenEncryption, clientSecret] =
    await Promise.all([
      tokens.health(),
      isExempt ? {} : lookAtRemainingTokens({ db }),
      isExempt || env.phase !== "contract" ? 0 : countTokensSinceContract(db),
      findTomlInstallFlow(),
      findUnfitness(),
      tokens.sealing(),
      tokens.isRotating ? tokens.rotation() : null,
    ]);
  return tokenHealthReport({
    counts,
    remaining,
    sinceContract,
    phase: env.phase,
    rolloutComplete: isRolloutComplete(),
    tomlUsesLegacyInstallFlow,
    storageProblem: unfitness?.words,
    tokenEncryption,
    clientSecret,
    now: systemClock(),
  });
}

/** Whether every shop is served by token exchange. */
export function isRolloutComplete(): boolean {
  const { percent, exclude } = services.env.TOKEN_EXCHANGE_ROLLOUT;
  return percent === 100 && exclude.size === 0;
}
