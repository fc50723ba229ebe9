import type { TokenContext } from "../context.ts";
import { keptCount } from "../records/kept-count.ts";
import { PERMANENT_TOKEN_PREDICATE } from "../records/permanent-token.ts";
import { countPermanentTokens } from "../records/token-health.ts";
import { JOIN_SHOP_TOKEN, REMAINING_REASON } from "../records/remaining-tokens.ts";
import { countChains, findOpenRetries, findPinnedChains } from "./pinned-chains.ts";
import type { RotationReport } from "./types.ts";

/**
 * Which chains still depend on an earlier client secret, and what else would end with it. Reads the whole table; where it is large the counts
 * may be a little old.
 * @param options.shops how many of the pinned shops to name; none unless told.
 * @param options.isExact counts anew, however large the table is; false unless told.
 */
export async function readRotationReport(
  ctx: TokenContext,
  { shops: named = 0, isExact = false }: { shops?: number; isExact?: boolean } = {},
): Promise<RotationReport> {
  const counted = <T>(name: string, count: (of: TokenContext) => Promise<T>, sizeOf: (value: T) => number) =>
    isExact ? count(ctx) : keptCount(ctx, name, () => count(ctx), sizeOf);
  const [counts, retries, [unstored], { permanentTokens, permanentSuspended }, shops] = await Promise.all([
    counted("chains", countChains, ({ chains }) => chains),
    findOpenRetries(ctx),
    ctx.db.query<[{ count: number }]>({ text: UNSTORED, values: [] }),
    counted("ending", countEnding, ({ rows }) => rows),
    named > 0 ? findPinnedChains(ctx, "", named) : [],
  ]);
  const facts = {
    rotating: ctx.previousClientSecret !== undefined,
    chains: counts.chains,
    pinned: counts.previous + counts.unknown,
    pinnedUnknown: counts.unknown,
    pinnedSuspended: counts.suspended,
    permanentTokens,
    permanentSuspended,
    unstoredPairs: unstored.count,
    openRetries: retries.count,
    notBefore: retries.until?.toISOString() ?? null,
  };
  const blockers = blockersOf(facts);
  return { ...facts, mayRevoke: blockers.length === 0, blockers, shops };
}

const UNSTORED = `SELECT count(*)::int AS "count" FROM expand_contract."UnstoredPair"`;

interface EndingTokens {
  /** What was read. */
  rows: number;
  permanentTokens: number;
  permanentSuspended: number;
}

/** Permanent tokens that may still be of use. They end with the secret that made them, and nothing refreshes one. */
async function countEnding(ctx: TokenContext): Promise<EndingTokens> {
  if (ctx.isExempt) {
    const permanentTokens = await countPermanentTokens(ctx);
    return { rows: permanentTokens, permanentTokens, permanentSuspended: 0 };
  }
  const [counts] = await ctx.db.query<[EndingTokens]>({ text: ENDING, values: [] });
  return counts;
}

/** Grouped first, or the reason of each row would be found out for each of the sums. */
const ENDING = `
  SELECT coalesce(sum("count"), 0)::int AS "rows", coalesce(sum("count") FILTER (WHERE "reason" = 'migratable'), 0)::int AS "permanentTokens",
    coalesce(sum("count") FILTER (WHERE "reason" = 'unreachable' OR "reason" = "suspended"), 0)::int AS "permanentSuspended"
  FROM (
    SELECT ${REMAINING_REASON} AS "reason", CASE WHEN t."suspendedAt" IS NOT NULL THEN coalesce(t."suspendedWhy", 'suspended') END AS "suspended",
      count(*) AS "count"
    FROM "Session" s ${JOIN_SHOP_TOKEN} WHERE ${PERMANENT_TOKEN_PREDICATE} GROUP BY 1, 2) p`;

type Facts = Omit<RotationReport, "mayRevoke" | "blockers" | "shops">;

function blockersOf(facts: Facts): string[] {
  const { pinned, pinnedUnknown, pinnedSuspended, permanentTokens, permanentSuspended, unstoredPairs } = facts;
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
  if (facts.notBefore !== null) {
    said.push(
      `${count(facts.openRetries, "migration")} had no answer, and only the secret that asked can ask again for seven days: not before ${facts.notBefore}, or once they are settled`,
    );
  }
  if (permanentTokens > 0) {
    said.push(`${count(permanentTokens, "permanent token")} end with the secret that made them: migrate first`);
  }
  if (permanentSuspended > 0) {
    said.push(
      `${count(permanentSuspended, "permanent token")} of shops that are suspended or do not answer end with it, too: wait for them, or accept that they need their merchant's next visit`,
    );
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
