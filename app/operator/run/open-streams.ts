import { type Problem, problemResponse } from "../access/problem.ts";
import type { Role } from "../console/door/console-session.ts";

/** Streams that each role may have open at once in one process: far more than people who watch, few enough to cost merchants nothing. */
const MOST_OPEN = 50;

const open: Record<Role, number> = { operator: 0, monitor: 0 };

/**
 * Counts a stream among those that are open, until it ends.
 * @param values those of the stream; they have to end when its client has gone.
 * @returns the same values, to be read at once; undefined when as many streams are open as may be.
 */
export function openStream<T>(role: Role, values: () => AsyncIterable<T>): AsyncIterable<T> | undefined {
  if (open[role] >= MOST_OPEN) return undefined;
  open[role]++;
  return counted(role, values());
}

async function* counted<T>(role: Role, values: AsyncIterable<T>) {
  try {
    yield* values;
  } finally {
    open[role]--;
  }
}

/** What is answered where no other stream may be opened. */
export function tooManyStreams(): Response {
  return problemResponse(TOO_MANY_STREAMS, { "Retry-After": "5" });
}

const TOO_MANY_STREAMS: Problem = {
  status: 503,
  code: "too_many_streams",
  detail: `This instance has ${MOST_OPEN} streams open, which is the most. Close one, or ask without \`Accept: text/event-stream\` for the run as it stands.`,
};
