import { findPendingStep } from "../../schema/find-pending-step.ts";
import { describeStorageProblem } from "../../tokens/index.ts";
import { services } from "../../services.server.ts";

/** Why no new token could be stored, in words, and what mends it; `locked` passes when a transaction ends. */
export interface Unfitness {
  isLocked: boolean;
  words: string;
}

/**
 * Why the database refused what an operator asked for: the tables of a run are not among those that a pair is written to.
 * @param error of the statement.
 */
export async function explainRefusal(error: unknown): Promise<string | undefined> {
  const known = await findUnfitness({ recent: false });
  if (known) return known.words;
  const problem = await describeStorageProblem(services.db, error, { mayQuote: false });
  return problem && `${problem.what}. ${problem.remedy}`;
}

/**
 * What readiness, health and refusals all say of the database: a schema that is behind, or a table that would not keep a pair.
 * @param options.recent what was found in the last seconds will do; for monitors. Default: yes.
 * @throws errors of a database that is away.
 */
export async function findUnfitness({ recent = true } = {}): Promise<Unfitness | undefined> {
  const pending = await findPendingStep(services.db);
  if (pending) return { isLocked: false, words: `the database lacks step ${pending}. Run npm run db:deploy.` };
  const problem = await services.tokens.storageProblem({ recent });
  return problem && { isLocked: problem.kind === "locked", words: `${problem.what}. ${problem.remedy}` };
}
