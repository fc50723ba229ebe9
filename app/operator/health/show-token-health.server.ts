import { systemClock } from "../../infra/clock.ts";
import { countTokensSinceContract } from "../../migration/index.ts";
import { lookAtRemainingTokens, isExemptDistribution } from "../../tokens/index.ts";
import { tokenHealthReport } from "./token-health-report.ts";
import { services } from "../../services.server.ts";
import { findTomlInstallFlow } from "./toml-install-flow.server.ts";

/** `GET /admin/token-health`: 200, or 503 when a permanent token has appeared where none can come from any more. */
export async function showTokenHealth(): Promise<Response> {
  const { env, db, tokens } = services;
  const isExempt = isExemptDistribution(env.APP_DISTRIBUTION);
  const [counts, remaining, sinceContract, tomlUsesLegacyInstallFlow, problem] = await Promise.all([
    tokens.health(),
    isExempt ? {} : lookAtRemainingTokens({ db }),
    isExempt || env.phase !== "contract" ? 0 : countTokensSinceContract(db),
    findTomlInstallFlow(),
    tokens.storageProblem({ recent: true }),
  ]);
  const report = tokenHealthReport({
    counts,
    remaining,
    sinceContract,
    phase: env.phase,
    rolloutComplete: env.TOKEN_EXCHANGE_ROLLOUT.percent === 100 && env.TOKEN_EXCHANGE_ROLLOUT.exclude.size === 0,
    tomlUsesLegacyInstallFlow,
    storageProblem: problem && `${problem.what}. ${problem.remedy}`,
    now: systemClock(),
  });
  return Response.json(report, { status: report.verdict === "regression" ? 503 : 200 });
}
