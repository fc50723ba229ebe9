import { setTimeout as sleep } from "node:timers/promises";
import { postgresError } from "./database-error.ts";
import type { Database } from "./queryable.ts";

const CONFLICTS = new Set(["40001", "40P01"]);
const MOST_TRIES = 8;
/** Milliseconds, doubled with each try, with full jitter. */
const FIRST_PAUSE_MS = 5;

/**
 * The same database, whose single statements are run again when they met another one (a serialization failure, a deadlock): nothing
 * stays of them. Where the role's isolation is REPEATABLE READ or SERIALIZABLE, statements that only wait for each other otherwise do meet. A
 * transaction is not run again: what is around it may have effects.
 */
export function retryConflicts(db: Database): Database {
  const patiently = async <T>(run: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await run();
      } catch (error) {
        if (tries >= MOST_TRIES || !CONFLICTS.has(postgresError(error)?.originalCode ?? "")) throw error;
        await sleep(FIRST_PAUSE_MS * 2 ** tries * Math.random());
      }
    }
  };
  return {
    query: (statement) => patiently(() => db.query(statement)),
    execute: (statement) => patiently(() => db.execute(statement)),
    transaction: (work, options) => db.transaction(work, options),
  };
}
