import type { TokenContext } from "../context.ts";
import { keptCount } from "../records/kept-count.ts";
import { countPermanentTokens } from "../records/token-health.ts";
import { countRemainingTokens } from "../records/remaining-tokens.ts";
import { countChains, findOpenRetries, findPinnedChains } from "./pinned-chains.ts";
import type { RotationReport } from "./types.ts";

/**
 * Which chains still depend on an earlier client secret, and what else would end with it. Reads the whole table; where it is large the counts
 * may be a little old.
 * @param options.shops how many of the pinned shops to name; none unless told.
 */
export async function readRotationReport(
  ctx: TokenContext,
  { shops: named = 0 }: { shops?: number } = {},
): Promise<RotationReport> {
  const [counts, retries, [unstored], permanent, shops] = await Promise.all([
    keptCount(
      ctx,
      "rotation",
      () => countChains(ctx),
      ({ chains }) => chains,
    ),
    findOpenRetries(ctx),
    ctx.db.query<[{ count: number }]>({ text: UNSTORED, values: [] }),
    countEnding(ctx),
    named > 0 ? findPinnedChains(ctx, "", named) : [],
  ]);
  const { chains, previous, unknown, suspended } = counts;
  const facts = {
    rotating: ctx.previousClientSecret !== undefined,
    chains,
    pinned: previous + unknown,
    pinnedUnknown: unknown,
    pinnedSuspended: suspended,
    permanentTokens: permanent,
    unstoredPairs: unstored.count,
    openRetries: retries.count,
    notBefore: retries.count > 0 && retries.until ? retries.until.toISOString() : null,
  };
  const blockers = blockersOf(facts);
  return { ...facts, mayRevoke: blockers.length === 0, blockers, shops };
}

const UNSTORED = `SELECT count(*)::int AS "count" FROM expand_contract."UnstoredPair"`;

/** Permanent tokens that work, or would be tried: they end with the secret that made them, and nothing refreshes one. */
async function countEnding(ctx: TokenContext): Promise<number> {
  if (ctx.isExempt) return keptCount(ctx, "permanent", () => countPermanentTokens(ctx), Number);
  const { migratable = 0 } = await countRemainingTokens(ctx);
  return migratable;
}

type Facts = Omit<RotationReport, "mayRevoke" | "blockers" | "shops">;

function blockersOf(facts: Facts): string[] {
  const { pinned, pinnedUnknown, pinnedSuspended, permanentTokens, unstoredPairs, openRetries, notBefore } = facts;
  const known = pinned - pinnedUnknown;
  const said: string[] = [];
  if (pinned > 0) {
    const which = [
      known > 0 && `${known} made with the previous secret`,
      pinnedUnknown > 0 && `${pinnedUnknown} made with an unknown one`,
      pinnedSuspended > 0 && `${pinnedSuspended} of shops that are suspended for now`,
    ];
    said.push(`${count(pinned, "chain")} still pinned: ${which.filter(Boolean).join(", ")}`);
  }
  if (notBefore !== null) {
    said.push(
      `${count(openRetries, "migration")} had no answer, and only the secret that asked can ask again for seven days: not before ${notBefore}, or once they are settled`,
    );
  }
  if (permanentTokens > 0) {
    said.push(`${count(permanentTokens, "permanent token")} end with the secret that made them: migrate first`);
  }
  if (unstoredPairs > 0) {
    said.push(
      `${count(unstoredPairs, "pair")} not stored yet and made with an unknown secret: the runbook, "If a pair could not be stored"`,
    );
  }
  return said;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
