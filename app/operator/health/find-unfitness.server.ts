import type { Database } from "../../infra/database/database.ts";
import { findPendingStep } from "../../schema/find-pending-step.ts";
import { describeStorageProblem, findTableProblem } from "../../tokens/index.ts";
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
  // Of a table that may not be read not even this can be asked.
  const known = await findUnfitness({ recent: false }).catch(() => undefined);
  if (known) return known.words;
  const problem = await describeStorageProblem(services.db, error, { mayQuote: false });
  return problem && `${problem.what}. ${problem.remedy}`;
}

/** How long an answer of `findOtherProblem` serves monitors. Milliseconds. */
const LOOKED_AT_FOR_MS = 10_000;

/** By database: in an adopter's app several may be looked after. */
const looked = new WeakMap<Database, { until: number; words: Promise<string | undefined> }>();

/**
 * What else of the database does not work for this app, in words, while new tokens are kept: rights on the tables of runs and history, rows that it
 * does not find. Looked at every ten seconds at most.
 * @throws errors of a database that is away.
 */
export function findOtherProblem(): Promise<string | undefined> {
  const { db } = services;
  const before = looked.get(db);
  if (before && performance.now() < before.until) return before.words;
  const words = findTableProblem(db).then((problem) => problem && `${problem.what}. ${problem.remedy}`);
  looked.set(db, { until: performance.now() + LOOKED_AT_FOR_MS, words });
  // Those who mend it look again at once.
  words.then(
    (found) => found && looked.delete(db),
    () => looked.delete(db),
  );
  return words;
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
