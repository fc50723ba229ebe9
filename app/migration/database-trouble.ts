import type { Logger } from "../infra/log.server.ts";
import { describeError } from "./describe-error.ts";

/** After a failure nothing is started for so long; and it is said so often. */
const PAUSE_MS = 500;
const COMPLAIN_EVERY_MS = 10_000;

/** What a worker does about a database that does not answer: waits a moment, says so now and then, goes on. */
export function createDatabaseTrouble(log: Logger): { note: (error: unknown) => void; pausedFor: () => number } {
  let pausedUntil = 0;
  let quietUntil = 0;
  return {
    note(error) {
      const now = performance.now();
      pausedUntil = now + PAUSE_MS;
      if (now < quietUntil) return;
      quietUntil = now + COMPLAIN_EVERY_MS;
      log.warn(describeError(error), "the database does not answer a migration run; trying again");
    },
    pausedFor: () => Math.max(0, pausedUntil - performance.now()),
  };
}
