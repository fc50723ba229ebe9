import { bold, cyan, dim, green, red, since } from "./terminal.ts";

/** Something that the tour claims does not hold. */
export class CheckFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CheckFailed";
  }
}

export interface Report {
  /** One step of the story; ends at the first check that does not hold. */
  step(title: string, setting: string, run: () => Promise<void>): Promise<void>;
  /** Does something and proves it. Returns what `run` returns; whatever it throws means that the claim does not hold. */
  check<T>(claim: string, run: () => Promise<T>): Promise<T>;
  summary(): { steps: number; checks: number };
}

export function createReport(write: (line: string) => void = console.log): Report {
  let steps = 0;
  let checks = 0;
  return {
    async step(title, setting, run) {
      const start = performance.now();
      write(`\n${bold(`${++steps}. ${title}`)}  ${dim(setting)}`);
      await run();
      write(dim(`   ${since(start)}`));
    },
    async check(claim, run) {
      const start = performance.now();
      try {
        const result = await run();
        checks++;
        write(`   ${green("✓")} ${claim} ${dim(worthTelling(start))}`.trimEnd());
        return result;
      } catch (error) {
        write(`   ${red("✗")} ${claim} ${dim(since(start))}`);
        throw error;
      }
    },
    summary: () => ({ steps, checks }),
  };
}

/** The time it took, unless nobody would have noticed. */
function worthTelling(start: number): string {
  return performance.now() - start < 100 ? "" : since(start);
}

/** @throws CheckFailed with `problem` unless `condition` holds. */
export function ensure(condition: unknown, problem: string): asserts condition {
  if (!condition) throw new CheckFailed(problem);
}

/** @throws CheckFailed naming both values unless they are the same. */
export function ensureEqual(actual: unknown, expected: unknown, what: string): void {
  ensure(Object.is(actual, expected), `${what}: expected ${cyan(String(expected))}, got ${cyan(String(actual))}`);
}
