import type { Services } from "../services.server.ts";
import { countPermanentTokens, isExemptDistribution } from "../tokens/index.ts";

/** The process must not start; the message says why and what to do. */
export class StartRefusedError extends Error {
  readonly code = "start_refused";

  constructor(message: string) {
    super(message);
    this.name = "StartRefusedError";
  }
}

/** The record of a first start in contract that found no permanent token: a run with nothing to do. */
const CLEAN_START_RUN = "contract-start";

/**
 * Refuses the first start in contract while permanent tokens remain: nobody could renew them any more in the ordinary way.
 * Once it has been proven that none is left (by a finished run, or by an earlier clean start), a permanent token that appears
 * later is a regression: reported and healed, but no reason to stop a server.
 * @throws StartRefusedError with the remedy; `CONTRACT_ANYWAY=true` overrides.
 */
export async function refuseFirstContractStart({ env, db, log }: Services): Promise<void> {
  if (env.phase !== "contract" || isExemptDistribution(env.APP_DISTRIBUTION)) return;
  const proof = await db.migrationRun.findFirst({ where: { status: "completed", dryRun: false, permanentTokens: 0 } });
  if (proof) return;
  const permanentTokens = await countPermanentTokens({ prisma: db });
  if (permanentTokens === 0) {
    await db.migrationRun.createMany({
      data: [
        { id: CLEAN_START_RUN, status: "completed", options: {}, total: 0, finishedAt: new Date(), permanentTokens: 0 },
      ],
      skipDuplicates: true,
    });
    return;
  }
  if (env.CONTRACT_ANYWAY) {
    log.warn({ permanentTokens }, "started in contract although permanent tokens remain");
    return;
  }
  throw new StartRefusedError(
    `This would be the first start in the contract phase, but ${permanentTokens} permanent token${permanentTokens === 1 ? "" : "s"} ` +
      "remain and no migration has finished with none left.\n" +
      "  1. Set LEGACY_INSTALL_FLOW_ENABLED=true and start again (expand).\n" +
      "  2. Migrate: npm run tokens -- migrate\n" +
      "  3. When it reports permanentTokens: 0, set LEGACY_INSTALL_FLOW_ENABLED=false.\n" +
      "CONTRACT_ANYWAY=true starts all the same and heals tokens one by one as they are used.",
  );
}
