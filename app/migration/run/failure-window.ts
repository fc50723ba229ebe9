import { isFinalFailure } from "./judge-wave.ts";

/** Shops looked back upon. */
const WINDOW = 200;

/**
 * Watches for a run that goes wrong: more final failures than the threshold allows in a window of 200 shops. Judged against the
 * whole window also before it is full, so that a few dead shops at the start do not halt the run.
 * @param threshold percent of the window; 100 never halts.
 */
export function createFailureWindow(threshold: number) {
  const recent: (string | undefined)[] = [];
  const allowed = (threshold / 100) * WINDOW;
  return {
    /** Records an outcome. @returns a reason when the run must halt. */
    record(outcome: string, code: string): string | undefined {
      recent.push(isFinalFailure({ outcome, code }) ? code : undefined);
      if (recent.length > WINDOW) recent.shift();
      const codes = recent.filter((entry) => entry !== undefined);
      if (codes.length <= allowed) return undefined;
      return (
        `Too many final failures: ${codes.length} of the last ${recent.length} shops failed for good (${mostFrequent(codes)}); ` +
        `more than ${threshold}% of ${WINDOW} halts a run. Look at the failures; if they are right, start again with a higher failureThreshold.`
      );
    },
  };
}

function mostFrequent(codes: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  const [code, times] = [...counts].sort((a, b) => b[1] - a[1])[0]!;
  return `${times} × ${code}`;
}
