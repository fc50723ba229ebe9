// Proves what an operator reads about a run, at any width and without anything that could steer a terminal.
import { describe, expect, it } from "vitest";
import {
  barLine,
  describeRun,
  describeWaiting,
  duration,
  failureLine,
  isComplete,
  percentOf,
  progressLine,
  runLine,
} from "./describe-run.ts";
import { HEALTH, RUN, UNDER_WAY } from "./test-views.ts";

const command = (text: string) => `tokens ${text}`;
const failure = {
  shop: "a.myshopify.com",
  outcome: "failed",
  code: "http_503",
  message: "Shopify was struggling",
  attempts: 3,
  retryable: true,
};

describe("describeRun", () => {
  it("gives the proof and what comes after it", () => {
    expect(describeRun({ ...RUN, failuresByCode: { permanent_token_spent: 4 } }, command)).toBe(
      [
        "✓ Run run-1: completed, 1 min 15 s at 13.3 shops a second",
        "        990  migrated",
        "          6  left alone (already expiring, uninstalled, frozen, another app's, or without a token)",
        "          4  wait for their merchant (Shopify refuses the token for good; see the codes)",
        "          0  failed",
        "  Why not migrated:",
        "          4  × permanent_token_spent",
        "  Permanent tokens left in the database: 0.",
        "Next: The migration is complete. What to close now: tokens doctor",
      ].join("\n"),
    );
  });

  it.each([
    [
      { permanentTokens: 5, migratableTokens: 0 },
      /5, none of which can be migrated.*\nNext: The migration is complete/,
    ],
    [{ permanentTokens: 5, migratableTokens: 4, failed: 4 }, /5, of which 4 can be migrated\.\nNext: Run it again/],
    [
      { status: "failed" as const, permanentTokens: null, migratableTokens: null },
      /^(?![^]*Permanent tokens left)[^]*Next: Mend/,
    ],
    [{ permanentTokens: 950, migratableTokens: 950 }, /Next: Go on with the rest: tokens migrate$/],
    [{ status: "halted" as const, haltReason: "wrong client" }, /halted itself: wrong client[\s\S]*Next: Correct that/],
    [{ status: "failed" as const }, /Next: Mend what it names/],
  ])("says what to do when %o", (change, expected) => {
    expect(describeRun({ ...RUN, ...change }, command)).toMatch(expected);
  });

  it("names the first failures and the way to the others", () => {
    const failures = Array.from({ length: 7 }, (_, n) => ({ ...failure, shop: `s${n}.myshopify.com` }));
    const text = describeRun({ ...RUN, failures, failuresByCode: { http_503: 1_200 } }, command);
    expect(text).toContain("The first 5 of 1,200:");
    expect(text).toContain(
      "    s4.myshopify.com  failed (http_503, 3 attempts, may be tried again): Shopify was struggling",
    );
    expect(text).not.toContain("s5.myshopify.com");
    expect(text).toContain("all of them: tokens failures run-1");
  });

  it("shows a run under way without a proof", () => {
    const text = describeRun(UNDER_WAY, command);
    expect(text).toMatch(/^… Run run-1: running\n/);
    expect(text).toMatch(/500 {2}not tried yet\n.*500\/1,000 shops/s);
    expect(text).not.toContain("Permanent tokens left");
  });

  it("describes a rehearsal", () => {
    const plan = {
      wouldTry: 401,
      knownNeedsReauth: 0,
      knownSuspended: 2,
      knownUninstalled: 0,
      leftAlone: { frozen: 1, foreign_session: 2 },
      rows: [{ id: "x", shop: "a.myshopify.com", code: "frozen", message: "the shop is frozen for now" }],
      waves: [{ percent: 10, shops: 41 }],
      rateFrom: "assumption" as const,
    };
    const text = describeRun({ ...RUN, dryRun: true, plan, permanentTokens: 401, etaSeconds: 11 }, command);
    expect(text).toMatch(/nothing was changed\.\n +401 {2}would be tried/);
    expect(text).toContain("2  not expected to be migrated: foreign_session");
    expect(text).toMatch(/The first 1 of 3:\n {4}a\.myshopify\.com \(row x\) {2}frozen: the shop is frozen for now/);
    expect(text).toContain("41  in wave 1 (up to 10%)");
    expect(text).toMatch(/about 11 s at 13\.3 shops a second \(assuming/);
    expect(text).toMatch(/Next: tokens migrate$/);
  });

  it("lets no answer steer the terminal", () => {
    expect(failureLine({ ...failure, message: "a\u001b[2Jb\nc\u202ed" })).toMatch(/: a␛\[2Jb␊c\\u202ed$/);
    expect(describeRun({ ...RUN, status: "halted", haltReason: "x\u001b]0;title\u0007" }, command)).not.toMatch(
      /[\u001b\u0007]/,
    );
  });
});

describe("progress", () => {
  it("is one plain line for a log", () => {
    expect(progressLine({ ...UNDER_WAY, failed: 2, notice: "slow" })).toBe(
      "500/1,000 shops (50%) · 13.3/s (allowed 20) · 1 h 1 min left · 6 failed · slow",
    );
    expect(progressLine({ ...UNDER_WAY, etaSeconds: null, wave: { number: 1, of: 3, percent: 1 } })).toContain(
      "time left unknown · 4 failed · wave 1/3 (1%)",
    );
  });

  it.each([1, 12, 20, 40, 60, 80, 100, 110, 200])("fits a terminal of %i columns", (columns) => {
    const line = barLine({ ...UNDER_WAY, notice: "Shopify is down; waiting until it answers again" }, { columns });
    expect(line.length).toBeLessThan(Math.max(3, columns));
    if (columns >= 20) expect(line).toMatch(/^█{1,15}░{1,15} 50%/);
  });

  it("leaves out what matters less where there is no room, never what it waits for", () => {
    const line = barLine({ ...UNDER_WAY, notice: "3 shops left, to be tried again; the next in 9 s" }, { columns: 80 });
    expect(line).toContain("3 shops left, to be tried again; the next in 9 s");
    expect(line).not.toContain("…");
    expect(barLine({ ...UNDER_WAY, ratePerSecond: 0 }, { columns: 200 })).toContain("waiting for the first answers");
  });

  it("names runs, one a line, and what waits whichever run left it", () => {
    expect(runLine(RUN)).toBe("2026-11-23 10:00  run-1  completed  990 of 1,000 migrated  4 failed");
    expect(describeWaiting({ ...HEALTH, migratableTokens: 0 }, command)).toEqual([]);
    expect(
      describeWaiting({ ...HEALTH, migratableTokens: 0, unservedTokens: { frozen: 2 }, needsReauth: 1 }, command),
    ).toEqual([
      "In the database now, whichever run left them:",
      "          2  permanent, not to be migrated now: frozen",
      "          1  shops wait for their merchant's next visit",
      "  Which shops: tokens doctor",
    ]);
  });

  it("says with the latest run what doctor, health and readiness say is wrong now, and their next step", () => {
    const well = { ...HEALTH, migratableTokens: 0, needsReauth: 0, unservedTokens: {} };
    const nextStep = "Find what stored it.";
    expect(describeWaiting({ ...well, verdict: "regression", migratableTokens: 1, nextStep }, command)).toEqual([
      expect.stringMatching(/^! permanent tokens were stored after contract was reached/),
      "In the database now, whichever run left them:",
      "          1  permanent tokens to migrate",
      "Next: Find what stored it.",
    ]);
    expect(describeWaiting({ ...well, storageProblem: "the column is missing. Add it.", nextStep }, command)).toEqual([
      "! the database would not keep a new token: the column is missing. Add it.",
      "Next: Find what stored it.",
    ]);
  });

  it("reaches 100% only when every shop has its outcome", () => {
    expect(percentOf({ ...UNDER_WAY, remaining: 1 })).toBe(99);
    expect(percentOf({ ...UNDER_WAY, total: 0, remaining: 0 })).toBe(0);
    expect(percentOf({ ...RUN, total: 0 })).toBe(100);
  });

  it("writes durations", () => {
    expect([0.4, 59.4, 75, 3_700].map(duration)).toEqual(["0 s", "59 s", "1 min 15 s", "1 h 1 min"]);
  });
});

describe("isComplete", () => {
  it.each([
    [{}, true],
    [{ permanentTokens: 3, migratableTokens: 0 }, true],
    [{ permanentTokens: 3, migratableTokens: 3 }, false],
    [{ status: "stopped" as const }, true],
    [{ status: "stopped" as const, permanentTokens: 1, migratableTokens: 1 }, false],
    [{ status: "halted" as const }, false],
    [{ status: "failed" as const }, false],
    [{ status: "running" as const }, false],
    [{ permanentTokens: null, migratableTokens: null }, false],
  ])("%o: %s", (change, expected) => expect(isComplete({ ...RUN, ...change })).toBe(expected));
});
