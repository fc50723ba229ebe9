/** A background job that failed for good, as an operator sees it. */
export interface ShownDeadLetter {
  id: string;
  job: string;
  /** Absent for jobs of the app as a whole. */
  shop?: string;
  diedAt: Date;
  attempts: number;
  /** A stable code, e.g. `judgeJobError(error).code`. */
  code: string;
  /** Words without secrets. */
  message: string;
}

/** The jobs of the app's own queue that failed for good, whatever queue that is. */
export interface DeadLetterQueue {
  /** Lists them, the oldest first. @param limit the most that are asked for: 1,000 */
  list(limit: number): Promise<ShownDeadLetter[]>;
  /** Gives all of them another chance. @returns how many. */
  retry(): Promise<number>;
}

/** `maintain` gives up nothing: what it could not do, its next call tries again. */
export const NO_DEAD_LETTERS: DeadLetterQueue = {
  list: () => Promise.resolve([]),
  retry: () => Promise.resolve(0),
};
