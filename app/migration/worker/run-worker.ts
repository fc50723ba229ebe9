import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createCallGate } from "../pacing/call-gate.ts";
import { initialPace } from "../pacing/call-rate.ts";
import { findUnmarkedRows, StorageUnfitError } from "../../tokens/index.ts";
import { advanceRun, endStoppedRun, failRun, requestStop, type StopReason } from "../run/end-run.ts";
import { createFailureWindow } from "../run/failure-window.ts";
import type { RunMember } from "../run/run-row.ts";
import type { MigrationOptions } from "../types.ts";
import { APP_REFUSED, attemptShop, type Attempt } from "./attempt-shop.ts";
import { createClaimBuffer } from "./claim-buffer.ts";
import type { Claim } from "./claim-shops.ts";
import { createDatabaseTrouble, explainFault } from "./database-trouble.ts";
import { heartbeat, joinRun, leaveRun, storePause } from "./heartbeat.ts";
import { createRunLeader } from "./lead-run.ts";
import { createOutcomeQueue } from "./outcome-queue.ts";
import { releaseClaims, type Outcome } from "./record-outcomes.ts";
import { createShopTaker } from "./take-up-shops.ts";
import { isVerified } from "./verify-choice.ts";
import type { WorkerDependencies } from "./worker-dependencies.ts";

/**
 * `joining`: not in the run's list of workers yet; asked again until the database answers.
 * `working`: shops are claimed, taken up as the gate allows, and their outcomes stored. With nothing left the wave, or the run, ends.
 * `stopping`: someone asked for the end, or this worker did (`halt`): no call leaves any more; those in flight end and are stored, then
 *   the run ends.
 * `leaving`: this process is about to stop: as before, but what is held is given back and the run goes on elsewhere.
 * `gone`: the run has ended, or others took this worker for dead. Nothing is done any more.
 *
 *     joining → working → stopping → gone
 *                  └────────┴─→ leaving (by `leave`, from any mode but `gone`)
 */
type Mode = "joining" | "working" | "stopping" | "leaving" | "gone";

export type RunWorker = ReturnType<typeof createRunWorker>;

/** One instance's work on one run. */
export function createRunWorker(deps: WorkerDependencies, runId: string, options: MigrationOptions) {
  const { db, metrics, tickMs = 250, deadAfterMs = 10_000, giveUpAfterMs = 60_000 } = deps;
  const { concurrency } = options;
  const me: RunMember = { db, runId, worker: randomUUID(), deadAfterMs };
  const log = deps.log.child({ run: runId, worker: me.worker.slice(0, 8) });
  const trouble = createDatabaseTrouble(log, { giveUpAfterMs });
  const gate = createCallGate({
    concurrency,
    rate: initialPace.rate,
    onPause: (ms) => void storePause(me, ms).catch(trouble.note),
    onRoom: () => taker.pump(),
  });
  const failures = createFailureWindow(options.failureThreshold);
  const leader = createRunLeader(me, log, metrics);
  const outcomes = createOutcomeQueue(me, { onError: trouble.note, onStored: endRest });
  const buffer = createClaimBuffer(me, {
    concurrency,
    mayClaim: () => mode === "working" && trouble.pausedFor() === 0,
    holdsNothing: () => taker.inWork.size === 0 && outcomes.isEmpty(),
    onFilled: () => taker.pump(),
    onError: trouble.note,
  });
  const taker = createShopTaker({
    gate,
    buffer,
    concurrency,
    tickMs,
    isWorking: () => mode === "working",
    pausedFor,
    work,
  });

  let mode = "joining" as Mode;
  let stopReason: StopReason | undefined;
  let isStruckOff = false;
  let finished = 0;
  let rest = new AbortController();
  let lastHeartbeatAt = performance.now();

  /** Without a heartbeat for too long others may have taken this worker for dead. */
  function pausedFor(): number {
    return performance.now() - lastHeartbeatAt > deadAfterMs ? tickMs : trouble.pausedFor();
  }

  async function work(claim: Claim): Promise<Attempt> {
    const verify = isVerified(options, claim);
    const attempt = await attemptShop(claim, { tokens: deps.tokens, gate, log, verify, random: deps.random });
    if (attempt.databaseError) trouble.note(attempt.databaseError);
    if (attempt.stop) halt(attempt.stop);
    if (gate.appRefused()) halt(APP_REFUSED);
    if (attempt.outcome) record(attempt.outcome);
    return attempt;
  }

  function record(outcome: Outcome): void {
    outcomes.add(outcome);
    if (outcome.outcome === "waiting") return;
    finished++;
    metrics.migrationOutcomes.inc({ outcome: outcome.outcome });
    const reason = failures.record(outcome.outcome, outcome.code ?? "");
    if (reason) halt({ as: "halted", reason });
  }

  /** With nothing left to do the run ends now, not with the next tick. */
  function endRest(): void {
    if (taker.inWork.size === 0 && buffer.isExhausted()) rest.abort();
  }

  function halt(reason: StopReason): void {
    if (stopReason !== undefined) return;
    stopReason = reason;
    log.error(reason, "the migration run stops itself");
    stopStarting();
    // Repeated with each tick until the database has it.
    void requestStop(db, runId, reason).catch(trouble.note);
  }

  function stopStarting(): void {
    if (mode === "working") mode = "stopping";
    gate.close();
  }

  async function tick(): Promise<void> {
    const run = await heartbeat(me, { ...gate.counts, finished });
    lastHeartbeatAt = performance.now();
    leader.noteHeartbeat();
    if (run.status !== "running") return end();
    if (!run.alive) {
      log.warn("taken for dead; joining again with nothing in hand");
      isStruckOff = true;
      return end();
    }
    gate.pause(run.pausedMs);
    buffer.lookAgain(run.drained);
    if (run.stopRequested) stopStarting();
    else if (stopReason !== undefined) await requestStop(db, runId, stopReason);
    const rate = run.leads ? await leader.steer(run, gate.isDown()) : (run.allowedRate ?? initialPace.rate);
    gate.setRate(rate / Math.max(1, run.workers.length));
    if (taker.inWork.size > 0) return;
    if (mode === "working" && buffer.isExhausted() && outcomes.isEmpty()) await advance();
    if (mode === "stopping") await stop();
  }

  async function advance(): Promise<void> {
    // Nothing is left that can be seen: no proof that nothing is left.
    const problem = await deps.tokens.storageProblem?.({ recent: true });
    if (problem?.kind === "row_security")
      return halt({ as: "failed", reason: new StorageUnfitError("", problem).message });
    const unmarked = await findUnmarkedRows(db);
    if (unmarked)
      return halt({
        as: "failed",
        reason: `Nothing is left that the app sees, but ${unmarked.what}. ${unmarked.remedy}`,
      });
    const next = await advanceRun(db, runId);
    if (next === "ended") end();
    else buffer.lookAgain(next === "open");
  }

  async function stop(): Promise<void> {
    await outcomes.flush();
    buffer.clear();
    await releaseClaims(me);
    if (await endStoppedRun(me)) end();
  }

  /** Leaves the run; if no other instance is at work on it, it has failed. */
  async function giveUp(error: unknown): Promise<void> {
    const fault = await explainFault(db, error);
    log.error({ ...fault }, "giving the migration run up: an error of the app itself does not pass");
    end();
    await failRun(me, fault);
  }

  function end(): void {
    mode = "gone";
    gate.close();
  }

  const isPresent = () => mode === "joining" || mode === "working" || mode === "stopping";

  async function join(): Promise<void> {
    await joinRun(me, { ...gate.counts, finished: 0 });
    if (mode === "joining") mode = "working";
    log.info({ concurrency }, "at work on a migration run");
    taker.pump();
  }

  async function attend(): Promise<{ struckOff: boolean }> {
    while (isPresent()) {
      await (mode === "joining" ? join() : tick()).catch(trouble.note);
      const fault = mode === "joining" ? undefined : trouble.fatalFault();
      if (fault !== undefined) await giveUp(fault.error).catch(trouble.note);
      taker.pump();
      rest = new AbortController();
      if (isPresent()) await sleep(tickMs, undefined, { signal: rest.signal }).catch(() => {});
    }
    taker.end();
    if (mode === "gone") await leaveRun(me).catch(trouble.note);
    return { struckOff: isStruckOff };
  }
  const done = attend();

  return {
    /** Resolves when the run has ended or the worker has left it: `struckOff` when others took it for dead. Never rejects. */
    done,
    /** Takes up no further shop, waits at most `graceMs` for the calls in flight, and gives the rest back. */
    async leave(graceMs: number): Promise<void> {
      if (mode === "gone") return;
      mode = "leaving";
      gate.close();
      const deadline = performance.now() + graceMs;
      while (taker.inWork.size > 0 && performance.now() < deadline) await sleep(10);
      await done;
      try {
        await outcomes.flush();
        await releaseClaims(me, [...taker.inWork]);
        await leaveRun(me);
      } catch (error) {
        trouble.note(error);
      }
    },
  };
}
