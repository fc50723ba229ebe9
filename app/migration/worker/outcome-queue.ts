import { setTimeout as sleep } from "node:timers/promises";
import type { RunMember } from "../run/run-row.ts";
import { recordOutcomes, type Outcome } from "./record-outcomes.ts";

/** Long enough to store several outcomes in one statement, short enough not to be noticed. */
const GATHER_MS = 100;
const MOST_AT_ONCE = 200;
const RETRY_MS = 500;

/**
 * Stores outcomes in batches, in order, and keeps them while the database is away.
 * @param options.onStored nothing waits to be stored any more.
 */
export function createOutcomeQueue(
  me: RunMember,
  { onError, onStored }: { onError: (error: unknown) => void; onStored: () => void },
) {
  const waiting: Outcome[] = [];
  let storing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function store(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_AT_ONCE);
      await recordOutcomes(me, batch);
      waiting.splice(0, batch.length);
    }
  }

  function run(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    storing ??= store().finally(() => {
      storing = undefined;
    });
    return storing;
  }

  function schedule(ms: number): void {
    timer ??= setTimeout(() => {
      run().then(
        () => (waiting.length > 0 ? schedule(GATHER_MS) : onStored()),
        (error: unknown) => {
          onError(error);
          schedule(RETRY_MS);
        },
      );
    }, ms);
  }

  return {
    add(outcome: Outcome): void {
      waiting.push(outcome);
      if (!storing) schedule(GATHER_MS);
    },
    isEmpty: () => waiting.length === 0 && !storing,
    /** Stores what is there now. @throws what the database throws; nothing is lost then. */
    async flush(): Promise<void> {
      while (waiting.length > 0 || storing) {
        await run();
        await sleep(0);
      }
    },
  };
}
