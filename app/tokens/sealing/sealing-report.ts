import type { TokenContext } from "../context.ts";
import { keptCount } from "../records/kept-count.ts";
import type { SealingReport } from "./types.ts";
import { findKeyProblem } from "./key-problem.ts";

const COUNTS = `
  SELECT coalesce(substring(t."token" from '^sealed:v1:([A-Za-z0-9_-]{1,16}):'), '') AS "key", count(*)::int AS "count"
  FROM "Session" CROSS JOIN LATERAL (VALUES ("accessToken"), ("refreshToken")) AS t("token") WHERE t."token" <> '' GROUP BY 1`;

const PROBLEM_MAX_AGE_MS = 10_000;

/** Reads the whole table; where it is large the counts may be a little old. */
export async function readSealingReport(ctx: TokenContext): Promise<SealingReport> {
  const counts = await keptCount(
    ctx,
    "sealing",
    () => ctx.db.query<{ key: string; count: number }[]>({ text: COUNTS, values: [] }),
    sum,
  );
  const problem = await findKeyProblem(ctx, { maxAgeMs: PROBLEM_MAX_AGE_MS });
  const { keys, sealsWith } = ctx.vault;
  const opensWith = keys.map(({ id }) => id);
  const ofKeys = counts.filter(({ key }) => key !== "");
  const readable = ofKeys.filter(({ key }) => opensWith.includes(key));
  const plain = sum(counts) - sum(ofKeys);
  const wanted = sealsWith ? sum(readable.filter(({ key }) => key === sealsWith.id)) : plain;
  return {
    sealsWith: sealsWith?.id ?? null,
    opensWith,
    plain,
    sealed: Object.fromEntries(ofKeys.map(({ key, count }) => [key, count])),
    toConvert: plain + sum(readable) - wanted,
    unreadable: sum(ofKeys) - sum(readable),
    refusedRows: [...ctx.keyState.refusedRows],
    problem: problem ? `${problem.what}. ${problem.remedy}` : null,
  };
}

function sum(rows: readonly { count: number }[]): number {
  return rows.reduce((total, { count }) => total + count, 0);
}
