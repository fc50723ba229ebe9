import type { Database } from "../../infra/database/database.ts";
import { systemClock } from "../../infra/clock.ts";
import { countTokensSinceContract } from "../../migration/index.ts";
import { lookAtRemainingTokens, isExemptDistribution } from "../../tokens/index.ts";
import { services } from "../../services.server.ts";
import { findOtherProblem, findUnfitness } from "./find-unfitness.server.ts";
import { tokenHealthReport, type TokenHealthReport } from "./token-health-report.ts";
import { findTomlInstallFlow } from "./toml-install-flow.server.ts";

/** How the migration stands now, and the next safe step. Where counts are large they may be a little old. */
export async function readTokenHealthReport(): Promise<TokenHealthReport> {
  const { env, db, tokens } = services;
  const isExempt = isExemptDistribution(env.APP_DISTRIBUTION);
  const [counts, remaining, sinceContract, tomlUsesLegacyInstallFlow, unfitness, other, tokenEncryption, clientSecret] =
    await Promise.all([
      tokens.health(),
      isExempt ? {} : lookAtRemainingTokens({ db }),
      isExempt || env.phase !== "contract" ? 0 : countTokensSinceContract(db),
      findTomlInstallFlow(),
      findUnfitness(),
      findOtherProblem(),
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
    databaseProblem: unfitness ? undefined : other,
    emptyTable:
      counts.permanentTokens + counts.expiringTokens + counts.legacyPrefixRows === 0 && !unfitness && !other
        ? await nameOfSessions(db)
        : undefined,
    tokenEncryption,
    clientSecret,
    now: systemClock(),
  });
}

async function nameOfSessions(db: Database): Promise<string | undefined> {
  const [table] = await db.query<{ name: string }[]>({
    text: `SELECT format('%I.%I of the database %I', n.nspname, c.relname, current_database()) AS "name"
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('"Session"')`,
    values: [],
  });
  return table?.name;
}

/** Whether every shop is served by token exchange. */
export function isRolloutComplete(): boolean {
  const { percent, exclude } = services.env.TOKEN_EXCHANGE_ROLLOUT;
  return percent === 100 && exclude.size === 0;
}
