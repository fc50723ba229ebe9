import type { Services } from "../services.server.ts";
import { forgetContractStart, hasFinishedRun, hasReachedContract, recordContractStart } from "../migration/index.ts";
import { countRemainingTokens, findUnmarkedRows, isExemptDistribution, type StorageProblem } from "../tokens/index.ts";

/** The process must not start; the message says why and what to do. */
export class StartRefusedError extends Error {
  readonly code = "start_refused";

  constructor(message: string) {
    super(message);
    this.name = "StartRefusedError";
  }
}

/**
 * Refuses the first start in contract while a permanent token remains that could be migrated: none could be renewed any more in the
 * ordinary way. What Shopify would not serve (uninstalled, frozen, another app's …) does not stand in the way. What is there at that start
 * is remembered: a permanent token that is stored later is a regression, reported and healed, but no reason to stop a server.
 * @throws StartRefusedError with the remedy; `CONTRACT_ANYWAY=true` overrides.
 */
export async function refuseFirstContractStart({ env, db, tokens, log }: Services): Promise<void> {
  if (isExemptDistribution(env.APP_DISTRIBUTION)) return;
  if (env.phase === "legacy") return forgetContractStart(db);
  if (env.phase !== "contract" || (await hasReachedContract(db))) return;
  const problem = await tokens.storageProblem();
  const hidden = problem?.kind === "row_security" ? problem : await findUnmarkedRows(db);
  if (hidden && !env.CONTRACT_ANYWAY) throw new StartRefusedError(hiddenRows(hidden));
  const { migratable = 0 } = await countRemainingTokens({ db });
  if (migratable > 0 && !(await hasFinishedRun(db))) {
    if (!env.CONTRACT_ANYWAY) throw new StartRefusedError(refusal(migratable));
    log.warn({ migratableTokens: migratable }, "started in contract although permanent tokens remain");
  }
  await recordContractStart(db);
}

function hiddenRows({ what, remedy }: StorageProblem): string {
  return (
    `This would be the first start in the contract phase, but permanent tokens may remain that the app cannot see: ${what}.\n` +
    `  ${remedy}\nCONTRACT_ANYWAY=true starts all the same.`
  );
}

function refusal(migratable: number): string {
  const tokens = migratable === 1 ? "1 permanent token" : `${migratable} permanent tokens`;
  return (
    `This would be the first start in the contract phase, but ${tokens} remain that can be migrated, ` +
    "and no migration has finished with none left.\n" +
    "  1. Set LEGACY_INSTALL_FLOW_ENABLED=true and start again (expand).\n" +
    "  2. Migrate: npm run tokens -- migrate\n" +
    "  3. When it reports migratableTokens: 0, set LEGACY_INSTALL_FLOW_ENABLED=false.\n" +
    "CONTRACT_ANYWAY=true starts all the same and heals tokens one by one as they are used."
  );
}
