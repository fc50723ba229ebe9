// Proves that following a run outlasts a restart of the app, and gives up when the app stays away.
import { describe, expect, it } from "vitest";
import { followRun } from "./follow-run.ts";
import type { OperatorClient, RunView } from "./operator-client.ts";
import { OperatorError } from "./operator-error.ts";
import { RUN, UNDER_WAY } from "./test-views.ts";

const away = new OperatorError("unreachable", "nothing listens there", "");

/** An app that answers these, one after the other, and the last one for ever. */
function follow(answers: (RunView | Error)[], options: { interrupted?: AbortSignal; patienceMs?: number } = {}) {
  const seen: string[] = [];
  let n = 0;
  const client = {
    run: () => {
      const next = answers[Math.min(n++, answers.length - 1)]!;
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
  } as Partial<OperatorClient> as OperatorClient;
  const view = {
    run: (run: RunView) => seen.push(run.status),
    say: (text: string) => seen.push(text),
    end: () => seen.push("end"),
  };
  const interrupted = options.interrupted ?? new AbortController().signal;
  return { seen, result: followRun(client, UNDER_WAY, view, { pollMs: 1, ...options, interrupted }) };
}

describe("followRun", () => {
  it("shows a run until it has ended", async () => {
    const { seen, result } = follow([UNDER_WAY, RUN]);
    expect(await result).toBe(RUN);
    expect(seen).toEqual(["running", "running", "completed", "end"]);
  });

  it("waits for an app that restarts, and says so once", async () => {
    const proxy = new OperatorError("app_failed", "it answered 502", "");
    const { seen, result } = follow([away, proxy, away, RUN]);
    expect(await result).toBe(RUN);
    expect(seen).toEqual([
      "running",
      expect.stringMatching(/^nothing listens there.*the run is safe/),
      "The app answers again.",
      "completed",
      "end",
    ]);
  });

  it("gives up an app that stays away", async () => {
    const { seen, result } = follow([away], { patienceMs: 5 });
    await expect(result).rejects.toBe(away);
    expect(seen.at(-1)).toBe("end");
  });

  it.each(["unauthorized", "run_not_found", "too_many_attempts"])("does not ask again after %s", async (code) => {
    const { seen, result } = follow([new OperatorError(code, "no", "")]);
    await expect(result).rejects.toMatchObject({ code });
    expect(seen).toEqual(["running", "end"]);
  });

  it("ends where it is when interrupted", async () => {
    const { seen, result } = follow([RUN], { interrupted: AbortSignal.abort() });
    expect((await result).status).toBe("running");
    expect(seen).toEqual(["running", "end"]);
  });
});
