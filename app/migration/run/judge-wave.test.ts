// Proves when a wave passes, and when a run halts itself.
import { expect, it } from "vitest";
import { createFailureWindow } from "./failure-window.ts";
import { judgeWave } from "./judge-wave.ts";

const wave = (migrated: number, others: Record<string, number> = {}) => [
  { outcome: "migrated", code: "verified", shops: migrated },
  ...Object.entries(others).map(([outcome, shops]) => ({ outcome, code: outcome, shops })),
];

it("a wave passes up to its threshold, and over the few dead shops that every old base has", () => {
  expect(judgeWave(wave(95, { failed: 5 }), 5).passed).toBe(true);
  expect(judgeWave(wave(94, { failed: 6 }), 5).passed).toBe(false);
  expect(judgeWave(wave(0, { needs_reauthorization: 2 }), 5).passed).toBe(true);
  expect(judgeWave(wave(10, { needs_reauthorization: 3 }), 5)).toEqual({
    passed: false,
    reason: "3 of 13 shops failed for good or could not be verified (allowed: 2)",
  });
  expect(judgeWave(wave(10, { suspended: 50, uninstalled: 50 }), 5).passed).toBe(true);
  expect(judgeWave([], 5).passed).toBe(true);
});

it("a wave that could not be proven does not pass", () => {
  for (const code of ["stored_not_verified", "stored_not_accepted"])
    expect(judgeWave([{ outcome: "migrated", code, shops: 50 }], 5).passed, code).toBe(false);
});

it("a run halts when the last 200 shops hold more failures than the threshold, not before", () => {
  const window = createFailureWindow(5);
  for (let i = 0; i < 10; i++) expect(window.record("failed", "http_503")).toBeUndefined();
  for (let i = 0; i < 190; i++) expect(window.record("migrated", "migrated")).toBeUndefined();
  // From here each new failure pushes an old one out.
  for (let i = 0; i < 10; i++) expect(window.record("needs_reauthorization", "spent")).toBeUndefined();
  expect(window.record("needs_reauthorization", "spent")).toMatch(
    /^Too many final failures: 11 of the last 200 shops failed for good \(11 × spent\)/,
  );
});

it("a run halts when the Admin API refuses the new tokens of too many, and not because it could not be asked", () => {
  const window = createFailureWindow(5);
  for (let i = 0; i < 50; i++) expect(window.record("migrated", "stored_not_verified")).toBeUndefined();
  for (let i = 0; i < 10; i++) expect(window.record("migrated", "stored_not_accepted")).toBeUndefined();
  expect(window.record("migrated", "stored_not_accepted")).toMatch(/11 × stored_not_accepted/);
});

it("a threshold of 100 never halts, of 0 at the first failure", () => {
  const never = createFailureWindow(100);
  for (let i = 0; i < 500; i++) expect(never.record("failed", "x")).toBeUndefined();
  expect(createFailureWindow(0).record("failed", "x")).toBeDefined();
});
