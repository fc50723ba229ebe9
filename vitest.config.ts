import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const REPORTS = ".reports";
const KEEP_REPORTS_MS = 24 * 60 * 60 * 1000;

/** Every run leaves a JSON report of its own, so that `.ci/run` counts tests and does not parse what is printed for people. */
function reportFile(): string {
  mkdirSync(REPORTS, { recursive: true });
  for (const name of readdirSync(REPORTS)) {
    const file = join(REPORTS, name);
    if (Date.now() - statSync(file).mtimeMs > KEEP_REPORTS_MS) rmSync(file, { recursive: true, force: true });
  }
  return join(REPORTS, `vitest-${process.env.TEST_REPORT ?? process.pid}.json`);
}

const setupFiles = ["tests/setup/no-network.ts", "tests/setup/no-console-error.ts"];
const withPostgres = ["tests/setup/postgres.ts"];
/** What processes do takes its time on a busy machine; Vitest would wait for a second. */
const patient = { poll: { timeout: 10_000 } };

export default defineConfig({
  test: {
    reporters: ["default", ["json", { outputFile: reportFile() }]],
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "app/**/*.test.{ts,tsx}",
            "server/**/*.test.ts",
            "cli/**/*.test.ts",
            "scripts/**/*.test.ts",
            "docs/**/*.test.ts",
            "packages/**/*.test.ts",
          ],
          setupFiles,
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "sandbox",
          include: ["sandbox/**/*.test.ts"],
          setupFiles,
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "integration",
          include: ["tests/integration/**/*.test.ts"],
          setupFiles,
          expect: patient,
          globalSetup: withPostgres,
          testTimeout: 20_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Whole processes are started and killed here: one file at a time.
        test: {
          name: "crash",
          include: ["tests/crash/**/*.test.ts"],
          setupFiles,
          expect: patient,
          globalSetup: withPostgres,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "browser",
          include: ["tests/browser/**/*.test.ts"],
          setupFiles,
          expect: patient,
          globalSetup: withPostgres,
          testTimeout: 60_000,
          hookTimeout: 90_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
