import { createRandom, type Random } from "../../sandbox/platform/random.ts";

/** Seeded choices: request number `index` of a seed is the same request in every run. */
export interface Choose {
  readonly random: Random;
  /** An integer in [0, below). */
  int(below: number): number;
  /** True in `share` of cases, 0 to 1. */
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
}

export function chooseFor(seed: number, index: number): Choose {
  const random = createRandom((Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0);
  const int = (below: number) => random.uint32() % below;
  return {
    random,
    int,
    chance: (share) => random.next() < share,
    pick: (from) => from[int(from.length)]!,
    shuffled: (items) => {
      const result = [...items];
      for (let at = result.length - 1; at > 0; at--) {
        const other = int(at + 1);
        [result[at], result[other]] = [result[other]!, result[at]!];
      }
      return result;
    },
  };
}
