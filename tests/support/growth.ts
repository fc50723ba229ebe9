import { expect } from "vitest";

const KIBIBYTE = 1_024;
const ROUNDS = 5;
/** 64 times the input may take 64 times as long; the rest is slack for a busy machine. Quadratic would be 4,096 times. */
const MOST_GROWTH = 64 * 16;
/** Below this a clock measures noise. */
const FLOOR_MS = 0.02;

/**
 * Fails when reading 64 KiB takes more than in proportion to reading 1 KiB.
 * @param read what reads a stranger's text.
 * @param pattern repeated until the text is long enough.
 */
export function expectLinear(
  read: (text: string) => unknown,
  pattern: string,
  around: [string, string] = ["", ""],
): void {
  const short = fastest(read, textOf(pattern, KIBIBYTE, around));
  const long = fastest(read, textOf(pattern, 64 * KIBIBYTE, around));
  expect(long / Math.max(short, FLOOR_MS), `${JSON.stringify(pattern)}: ${short} ms, then ${long} ms`).toBeLessThan(
    MOST_GROWTH,
  );
}

function textOf(pattern: string, length: number, [before, after]: [string, string]): string {
  return before + pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length) + after;
}

/** The fastest of a few rounds: what else the machine does only ever makes one slower. */
function fastest(read: (text: string) => unknown, text: string): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    read(text);
    best = Math.min(best, performance.now() - startedAt);
    if (round > 0 && best > 2_000) break;
  }
  return best;
}
