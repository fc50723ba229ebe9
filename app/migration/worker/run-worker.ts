import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../../infra/db.server.ts";
import type { Logger } from "../../infra/log.server.ts";
import type { Metrics } from "../../infra/metrics.server.ts";
import type { Tokens } from "../../tokens/index.ts";
import { attemptShop } from "./attempt-shop.ts";
import { heartbeat, joinRun, leaveRun, storePause } from "./heartbeat.ts";
import { createCallGate } from "../pacing/call-gate.ts";
import { createClaimBuffer } from "./claim-buffer.ts";
import type { Claim } from "./claim-shops.ts";
import { createDatabaseTrouble } from "./database-trouble.ts";
import { advanceRun, endStoppedRun, failRun, requestStop } from "../run/end-run.ts";
import { createFailureWindow } from "../pacing/failure-window.ts";
import { initialPace } from "../pacing/pace.ts";
import { createPlatformBreaker } from "../pacing/platform-breaker.ts";
import { createOutcomeQueue } from "./outcome-queue.ts";
import { releaseClaims, type Outcome } from "./record-outcomes.ts";
import { createRunSteering } from "../run/steer-run.ts";
import { createTokenBucket } from "../pacing/token-bucket.ts";
import type { MigrationOptions } from "../types.ts";
import { isVerified } from "./verify-choice.ts";

export interface WorkerDependencies {
  db: Database;
  tokens: Pick<Tokens, "migrate">;
  log: Logger;
  metrics: Pick<Metrics, "migrationOutcomes" | "migrationAllowedRate">;
  /** A sign of life, and one turn of the control loop, so often. */
  tickMs: number;
  /** A worker without a sign of life for so long is dead: its shops go to others. */
  deadAfterMs: number;
  /** Faults of the app's own that go on for so long end the run as failed; a minute unless told. */
  giveUpAfterMs?: number;
  /** 0 to 1, for the jitter of retries. */
  random?: () => number;
}

export interface RunWorker {
  /** Resolves when the run has ended or the worker has left it: `struckOff` when others took it for dead. Never rejects. */
  readonly done: Promise<{ struckOff: boolean }>;
  /** Takes no further shop, waits at most `graceMs` for the calls in flight, and gives the rest back. */
  leave(graceMs: number): Promise<void>;
}

const PROBE_POLL_MS = 100;
const GIVE_UP_AFTER_MS = 60_000;

/** One instance's work on one run: claims shops, sends them through the gate, settles what became of them. */
export function createRunWorker(deps: WorkerDependencies, runId: string, options: MigrationOptions): RunWorker {
  const { db, tokens, metrics, tickMs, deadAfterMs } = deps;
  const { concurrency } = options;
  const worker = randomUUID();
  const log = deps.log.child({ run: runId, worker: worker.slice(0, 8) });
  const trouble = createDatabaseTrouble(log, { giveUpAfterMs: deps.giveUpAfterMs ?? GIVE_UP_AFTER_MS });
  const gate = createCallGate({
    concurrency,
    onPause: (ms) => void storePause(db, runId, ms).catch(trouble.note),
    isDown: () => breaker.state !== "closed",
    onRoom: () => pump(),
  });
  const bucket = createTokenBucket(initialPace.rate);
  const breaker = createPlatformBreaker({
    down: () => log.warn("Shopify does not answer: no calls but a try now and then"),
    up: () => log.info("Shopify answers again"),
  });
  const failures = createFailureWindow(options.failureThreshold);
  const steering = createRunSteering({ db, runId, worker, deadAfterMs, log, metrics });
  const settlements = createOutcomeQueue(db, runId, worker, trouble.note);
  const inWork = new Set<string>();
  const buffer = createClaimBuffer({
    db,
    runId,
    worker,
    concurrency,
    mayClaim: () => phase === "working" && trouble.pausedFor() === 0,
    holdsNothing: () => inWork.size === 0 && settlements.isEmpty(),
    onFilled: () => pump(),
    onError: trouble.note,
  });

  let phase = "working" as "working" | "stopping" | "leaving" | "gone";
  let haltReason: string | undefined;
  let limitedTicks = 0;
  let isLimited = false;
  let isStruckOff = false;
  let finished = 0;
  let lastHeartbeatAt = performance.now();
  let pumpTimer: NodeJS.Timeout | undefined;

  /** Starts shops while everything allows it; otherwise sees to it that it is called again in time. */
  function pump(): void {
    clearTimeout(pumpTimer);
    while (phase === "working") {
      buffer.refill();
      const waitMs = startsIn();
      if (waitMs === undefined) return;
      if (waitMs > 0) {
        pumpTimer = setTimeout(pump, Math.min(waitMs, tickMs));
        return;
      }
      const claim = buffer.next()!;
      inWork.add(claim.shop);
      void work(claim).finally(() => {
        inWork.delete(claim.shop);
        pump();
      });
    }
  }

  /** 0: one may start now. A number: not before so many milliseconds. Undefined: something else will call `pump`. */
  function startsIn(): number | undefined {
    if (buffer.size === 0) return undefined;
    if (trouble.pausedFor() > 0) return trouble.pausedFor();
    if (performance.now() - lastHeartbeatAt > deadAfterMs) return tickMs;
    if (inWork.size >= 2 * concurrency) return undefined;
    if (gate.pausedFor() > 0) return gate.pausedFor();
    if (breaker.state === "probing") return undefined;
    if (breaker.state === "open") return inWork.size > 0 ? undefined : 0;
    if (!gate.hasRoom()) return undefined;
    const turn = bucket.take();
    if (turn.taken) return 0;
    isLimited = true;
    return turn.inMs;
  }

  async function work(claim: Claim): Promise<void> {
    const attempt = await breaker.run((isProbe) =>
      attemptShop(claim, {
        tokens,
        gate,
        log,
        isProbe,
        isDown: () => breaker.state !== "closed",
        verify: isVerified(options, claim),
        random: deps.random,
      }),
    );
    if (attempt?.databaseError) trouble.note(attempt.databaseError);
    if (attempt?.haltReason) halt(attempt.haltReason);
    if (attempt?.settlement) settle(attempt.settlement);
    else buffer.putBack(claim);
    if (!attempt) await sleep(PROBE_POLL_MS);
  }

  function settle(settlement: Outcome): void {
    settlements.add(settlement);
    if (settlement.outcome === "waiting") return;
    finished++;
    metrics.migrationOutcomes.inc({ outcome: settlement.outcome });
    const reason = failures.record(settlement.outcome, settlement.code ?? "");
    if (reason) halt(reason);
  }

  function halt(reason: string): void {
    if (haltReason !== undefined) return;
    haltReason = reason;
    log.error({ reason }, "the migration halts");
    stopStarting();
    // Repeated with each tick until the database has it.
    void requestStop(db, runId, reason).catch(trouble.note);
  }

  function stopStarting(): void {
    if (phase === "working") phase = "stopping";
    gate.close();
  }

  async function tick(): Promise<void> {
    gate.bookTime(gate.pausedFor() > 0 ? false : breaker.state === "closed" ? true : undefined);
    if (isLimited) limitedTicks++;
    isLimited = false;
    const heard = await heartbeat(db, runId, worker, { ...gate.counts, limited: limitedTicks, finished }, deadAfterMs);
    lastHeartbeatAt = performance.now();
    steering.noteHeartbeat();
    if (heard.status !== "running") return end();
    if (!heard.alive) {
      log.warn("taken for dead; joining again with nothing in hand");
      isStruckOff = true;
      return end();
    }
    gate.pause(heard.pausedMs);
    buffer.lookAgain(heard.drained);
    if (heard.stopRequested) stopStarting();
    else if (haltReason !== undefined) await requestStop(db, runId, haltReason);
    const rate = heard.leads
      ? await steering.steer(heard, breaker.state !== "closed")
      : (heard.allowedRate ?? initialPace.rate);
    bucket.setRate(rate / Math.max(1, heard.workers.length));
    if (phase === "working" && buffer.isExhausted() && inWork.size === 0 && settlements.isEmpty()) await advance();
    if (phase === "stopping" && inWork.size === 0) await stop();
  }

  async function advance(): Promise<void> {
    const next = await advanceRun(db, runId);
    if (next === "ended") end();
    else buffer.lookAgain(next === "open");
  }

  async function stop(): Promise<void> {
    await settlements.flush();
    buffer.clear();
    await releaseClaims(db, runId, worker);
    if (await endStoppedRun(db, runId, worker, deadAfterMs)) end();
  }

  /** Leaves the run; if nobody else is at work on it, it has failed. */
  async function giveUp(fault: string): Promise<void> {
    log.error({ fault }, "giving the migration run up: an error of the app itself does not pass");
    end();
    await failRun(db, runId, worker, { fault, deadAfterMs });
  }

  function end(): void {
    phase = "gone";
    gate.close();
  }

  const isPresent = () => phase === "working" || phase === "stopping";

  async function join(): Promise<boolean> {
    try {
      await joinRun(db, runId, worker, { ...gate.counts, limited: 0, finished: 0 });
      return true;
    } catch (error) {
      trouble.note(error);
      return false;
    }
  }

  async function attend(): Promise<{ struckOff: boolean }> {
    while (isPresent() && !(await join())) await sleep(tickMs);
    log.info({ concurrency }, "at work on a migration run");
    pump();
    while (isPresent()) {
      await tick().catch(trouble.note);
      const fault = trouble.hopeless();
      if (fault !== undefined) await giveUp(fault).catch(trouble.note);
      pump();
      if (isPresent()) await sleep(tickMs);
    }
    clearTimeout(pumpTimer);
    if (phase === "gone") await leaveRun(db, runId, worker).catch(trouble.note);
    return { struckOff: isStruckOff };
  }
  const done = attend();

  return {
    done,
    async leave(graceMs) {
      if (phase === "gone") return;
      phase = "leaving";
      gate.close();
      const deadline = performance.now() + graceMs;
      while (inWork.size > 0 && performance.now() < deadline) await sleep(10);
      await done;
      try {
        await settlements.flush();
        await releaseClaims(db, runId, worker, [...inWork]);
        await leaveRun(db, runId, worker);
      } catch (error) {
        trouble.note(error);
      }
    },
  };
}
