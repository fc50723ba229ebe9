import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../infra/database/database.ts";
import { findPendingStep } from "../schema/find-pending-step.ts";
import type { Tokens } from "../tokens/index.ts";

/** Probes of load balancers give up after a few seconds: a database that is silent is answered for before. */
const READY_WITHIN_MS = 2_000;

interface Subject {
  db: Database;
  tokens: Pick<Tokens, "keyProblem" | "storageProblem">;
}

/** Looks that are under way: who asks meanwhile gets their answer. Anyone may ask. */
const looks = new WeakMap<Database, Promise<string | undefined>>();

/** Why requests should go elsewhere now, in words for the log; undefined when all is well. Answers within 2 s. */
export function notReadyBecause(subject: Subject): Promise<string | undefined> {
  const { db } = subject;
  const look = looks.get(db) ?? lookInTime(subject).finally(() => looks.delete(db));
  looks.set(db, look);
  return look;
}

async function lookInTime(subject: Subject): Promise<string | undefined> {
  try {
    return await Promise.race([
      findUnreadiness(subject),
      sleep(READY_WITHIN_MS, undefined, { ref: false }).then(() => Promise.reject(new Error("no answer in time"))),
    ]);
  } catch (error) {
    return `the database cannot be asked: ${error instanceof Error ? error.message : "unknown"}`;
  }
}

/** Schema and storage: an app that could not keep a new token is not ready, and its log says what to mend. */
async function findUnreadiness({ db, tokens }: Subject): Promise<string | undefined> {
  const pending = await findPendingStep(db);
  if (pending) return `the database lacks step ${pending}: run npm run db:deploy`;
  const keys = await tokens.keyProblem();
  if (keys) return `sealed tokens cannot be opened: ${keys.what}. ${keys.remedy}`;
  const problem = await tokens.storageProblem({ recent: true });
  // While a table is locked, shops with a fresh token are served. A row that is refused says nothing about the others.
  if (problem?.kind === "locked" || problem?.shop) return undefined;
  return problem && `the database would not keep a new token, because ${problem.what}. ${problem.remedy}`;
}
