import type { Queryable } from "../../infra/database/database.ts";
import { isDatabaseOutage } from "../../infra/database/is-database-outage.ts";
import type { Logger } from "../../infra/log/log.server.ts";
import { describeError } from "../../infra/log/describe-error.ts";
import { describeStorageProblem, isLastingRefusal } from "../../tokens/index.ts";

/** Pause after a failure, and the interval at which it is logged. Milliseconds. */
const PAUSE_MS = 500;
const COMPLAIN_EVERY_MS = 10_000;
/** A refusal that does not pass by itself is no reason to wait for as long as any other fault. Milliseconds. */
const LASTING_FOR_MS = 10_000;
/** A fault not met again for this long has passed. Milliseconds. */
const PASSED_MS = 10_000;

/** What a worker does about a database that does not do as it is told: waits a moment, says so now and then, goes on. */
export function createDatabaseTrouble(log: Logger, { giveUpAfterMs }: { giveUpAfterMs: number }) {
  let pausedUntil = 0;
  let quietUntil = 0;
  let fault: { since: number; last: number; error: unknown } | undefined;
  return {
    note(error: unknown): void {
      const now = performance.now();
      pausedUntil = now + PAUSE_MS;
      const said = describeError(error);
      if (!isDatabaseOutage(error)) {
        const since = fault && now - fault.last < PASSED_MS ? fault.since : now;
        fault = { since, last: now, error };
      }
      if (now < quietUntil) return;
      quietUntil = now + COMPLAIN_EVERY_MS;
      log.warn(said, "the database does not answer a migration run; trying again");
    },
    pausedFor: () => Math.max(0, pausedUntil - performance.now()),
    /** An outage passes. A statement that the database refuses does not: once that has gone on for long enough, what was met last. */
    fatalFault(): { error: unknown } | undefined {
      if (!fault || performance.now() - fault.last > PASSED_MS) return undefined;
      const patienceMs = isLastingRefusal(fault.error) ? Math.min(LASTING_FOR_MS, giveUpAfterMs) : giveUpAfterMs;
      return fault.last - fault.since > patienceMs ? { error: fault.error } : undefined;
    },
  };
}

export interface Fault {
  /** Name and codes of the error. Not its words: a database's error text can quote a row. */
  codes: string;
  /** What is missing by name, with the SQL that mends it, where the database can tell. */
  remedy?: string;
}

/** Why a run cannot go on, for an operator. */
export async function explainFault(db: Queryable, error: unknown): Promise<Fault> {
  const { error: name, code } = describeError(error);
  const codes = [name, code].filter(Boolean).join(" ");
  const problem = await describeStorageProblem(db, error, { mayQuote: false }).catch(() => undefined);
  const isNamed = problem !== undefined && problem.kind !== "refused" && problem.kind !== "trigger";
  return { codes, ...(isNamed && { remedy: `${problem.what}. ${problem.remedy}` }) };
}
