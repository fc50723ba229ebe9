import type { StorageProblem } from "../errors.ts";

/** Whether the shop has a row: a table can take changes of its rows and refuse new ones. */
export type StoragePath = "update" | "insert";

/** What one process knows about whether the database keeps a pair. */
export interface StorageState {
  /** Exchanges go ahead: a pair of this process was stored on this path, and none has failed for good since. */
  isOpen: Record<StoragePath, boolean>;
  /** Shops whose row was refused while others were taken. */
  refused: Set<string>;
  /** Whether something of the table looks at the values of a row, as it was a moment ago. */
  judgesRows?: { answer: Promise<boolean>; until: number };
  /** Exchanges that went ahead alone, and brought nothing to store. */
  firsts: Record<StoragePath, number>;
  /** The one exchange that goes ahead while nothing has been stored on this path. */
  first: Partial<Record<StoragePath, Promise<void>>>;
  /** After a store that failed for good, each exchange is preceded by a proof on its own row until then (`performance.now()`). */
  waryUntil: number;
  /** Stores that failed for good so far. */
  failures: number;
  /** The store that failed for good, until it is known why the proof before it held. */
  failed?: { shop: string; error: unknown };
  /** Finds that out; set where the parts are put together (explain-failed-store.ts). */
  explainFailed: (shop: string) => Promise<void>;
  /** What monitors were told last. */
  checked?: { problem: StorageProblem | undefined; until: number };
  /** Shops with a pair in the emergency record, as read last. */
  unstored?: { shops: Promise<ReadonlySet<string>>; readAt: number };
}

export function createStorageState(): StorageState {
  return {
    isOpen: { update: false, insert: false },
    refused: new Set(),
    firsts: { update: 0, insert: 0 },
    first: {},
    waryUntil: 0,
    failures: 0,
    explainFailed: () => Promise.resolve(),
  };
}
