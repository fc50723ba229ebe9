import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CircuitState, circuitBreaker, ConsecutiveBreaker, handleWhenResult, IterableBackoff } from "cockatiel";
import type { Database } from "../infra/db.server.ts";
import type { Logger } from "../infra/log.server.ts";
import type { Metrics } from "../infra/metrics.server.ts";
import { ConfigurationError, type Tokens } from "../tokens/index.ts";
import {
  beat,
  joinRun,
  leaveRun,
  storePace,
  storePause,
  takeOverFromDead,
  type Beat,
  type WorkerStats,
} from "./beat.ts";
import { createCallGate, GateClosedError } from "./call-gate.ts";
import { claimFreshShops, claimWaitingShops, type Claim } from "./claim-shops.ts";
import { advanceRun, endStoppedRun, requestStop } from "./end-run.ts";
import { createFailureWindow } from "./failure-window.ts";
import { judgeAttempt, type PlatformSign } from "./judge-attempt.ts";
import { createLeader } from "./lead-run.ts";
import { initialPace } from "./pace.ts";
import { createSettlementQueue } from "./settlement-queue.ts";
import { releaseClaims, type Settlement } from "./settle-shops.ts";
import { createTokenBucket } from "./token-bucket.ts";
import type { MigrationOptions } from "./types.ts";
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
  /** 0 to 1, for the jitter of retries. */
  random?: () => number;
}

export interface RunWorker {
  /** Resolves when the run has ended or the worker has left it. Never rejects. */
  readonly done: Promise<void>;
  /** Takes no further shop, waits at most `graceMs` for the calls in flight, and gives the rest back. */
  leave(graceMs: number): Promise<void>;
}

/** The platform is taken for down after so many broken answers in a row; then one call tries, after 1, 2, 4, then every 5 s. */
const BROKEN_BEFORE_OPEN = 5;
const PROBE_AFTER_MS = [1_000, 2_000, 4_000, 5_000];
/** A shop whose lane somebody else has is tried again later, instead of being waited for: a dead holder's lane stays taken for a while. */
const LANE_WAIT_MS = 100;
const DATABASE_PAUSE_MS = 500;
const COMPLAIN_EVERY_MS = 10_000;

/** One instance's work on one run: claims shops, sends them through the gate, settles what became of them. */
export function createRunWorker(deps: WorkerDependencies, runId: string, options: MigrationOptions): RunWorker {
  const { db, tokens, metrics, tickMs, deadAfterMs } = deps;
  const worker = randomUUID();
  const log = deps.log.child({ run: runId, worker: worker.slice(0, 8) });
  const { concurrency } = options;

  const gate = createCallGate({
    concurrency,
    onPause: (ms) => void storePause(db, runId, ms).catch((error: unknown) => databaseTrouble(error)),
  });
  const bucket = createTokenBucket(initialPace.rate);
  const breaker = circuitBreaker(
    handleWhenResult((result) => (result as { isBroken: boolean }).isBroken),
    { halfOpenAfter: new IterableBackoff(PROBE_AFTER_MS), breaker: new ConsecutiveBreaker(BROKEN_BEFORE_OPEN) },
  );
  const failures = createFailureWindow(options.failureThreshold);
  const leader = createLeader();
  const settlements = createSettlementQueue(db, runId, worker, databaseTrouble);

  const buffer: Claim[] = [];
  const inWork = new Set<string>();
  /** Shops on their way to the gate. */
  let ahead = 0;
  let limitedTicks = 0;
  let isLimited = false;
  let finished = 0;
  let freshLeft = true;
  let refilling: Promise<void> | undefined;
  let emptySinceTick = false;
  let databaseTroubleUntil = 0;
  let quietUntil = 0;
  let lastBeatAt = performance.now();
  let mayTakeOverAt = performance.now();
  let phase = "working" as "working" | "stopping" | "leaving" | "gone";
  let pumpTimer: NodeJS.Timeout | undefined;

  breaker.onBreak(() => log.warn("Shopify does not answer: no calls but a try now and then"));
  breaker.onReset(() => log.info("Shopify answers again"));

  function databaseTrouble(error: unknown): void {
    databaseTroubleUntil = performance.now() + DATABASE_PAUSE_MS;
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + COMPLAIN_EVERY_MS;
    log.warn(describe(error), "the database does not answer a migration run; trying again");
  }

  /** Starts shops while everything allows it; otherwise sees to it that it is called again in time. */
  function pump(): void {
    clearTimeout(pumpTimer);
    while (phase === "working") {
      if (buffer.length < concurrency) refill();
      const waitMs = startsIn();
      if (waitMs === undefined) return;
      if (waitMs > 0) {
        pumpTimer = setTimeout(pump, Math.min(waitMs, tickMs));
        return;
      }
      const claim = buffer.shift()!;
      inWork.add(claim.shop);
      void work(claim).finally(() => {
        inWork.delete(claim.shop);
        pump();
      });
    }
  }

  /** 0: one may start now. A number: not before so many milliseconds. Undefined: something else will call `pump`. */
  function startsIn(): number | undefined {
    const time = performance.now();
    if (buffer.length === 0) return undefined;
    if (time < databaseTroubleUntil) return databaseTroubleUntil - time;
    if (time - lastBeatAt > deadAfterMs) return tickMs;
    if (inWork.size >= 2 * concurrency) return undefined;
    if (gate.pausedFor() > 0) return gate.pausedFor();
    if (breaker.state === CircuitState.HalfOpen) return undefined;
    if (breaker.state === CircuitState.Open) return inWork.size > 0 ? undefined : 0;
    if (!gate.hasRoom(ahead)) return undefined;
    const turn = bucket.take();
    if (turn.taken) return 0;
    isLimited = true;
    return turn.inMs;
  }

  async function work(claim: Claim): Promise<void> {
    try {
      const { settlement } = await breaker.execute(() => attempt(claim));
      if (settlement) settle(settlement);
      else buffer.unshift(claim);
    } catch {
      // The circuit is open and it is not time to try yet.
      buffer.unshift(claim);
      await sleep(Math.min(tickMs, 100));
    }
  }

  async function attempt(claim: Claim): Promise<{ isBroken: boolean; settlement?: Settlement }> {
    const isProbe = breaker.state !== CircuitState.Closed;
    let sign: PlatformSign | undefined;
    let isAhead = true;
    ahead++;
    const passed = () => {
      if (isAhead) ahead--;
      isAhead = false;
    };
    try {
      const outcome = await tokens.migrate(claim.shop, {
        retries: 0,
        laneWaitMs: LANE_WAIT_MS,
        verify: isVerified(options, claim),
        gate(call) {
          if (phase !== "working" || (!isProbe && breaker.state !== CircuitState.Closed)) throw new GateClosedError();
          return gate.pass(
            () => {
              passed();
              return call();
            },
            (said) => {
              sign = said;
              pump();
            },
          );
        },
      });
      const platformDown = isProbe || breaker.state !== CircuitState.Closed;
      return {
        isBroken: sign === "broken",
        settlement: judgeAttempt(outcome, { tries: claim.tries, sign, platformDown }, deps.random),
      };
    } catch (error) {
      return { isBroken: sign === "broken", settlement: settlementOfError(claim, error) };
    } finally {
      passed();
    }
  }

  function settlementOfError(claim: Claim, error: unknown): Settlement | undefined {
    if (error instanceof GateClosedError) return undefined;
    if (error instanceof ConfigurationError) {
      void halt(
        `Configuration error: Shopify does not accept this app's credentials (${error.reason}). ` +
          "Correct SHOPIFY_API_KEY and SHOPIFY_API_SECRET, then start again; no shop was marked.",
      );
      return undefined;
    }
    const isDatabase = error instanceof Error && error.name.startsWith("PrismaClient");
    if (isDatabase) databaseTrouble(error);
    else log.error({ shop: claim.shop, ...describe(error) }, "a shop could not be migrated for a reason of our own");
    // Whatever was written was written in one statement; the next attempt reads what there is.
    return judgeAttempt(
      {
        shop: claim.shop,
        outcome: "failed",
        code: isDatabase ? "interrupted" : "internal_error",
        message: isDatabase ? "the database did not answer" : "an error of the app itself; its log says more",
        retryable: true,
        attempts: 1,
      },
      { tries: claim.tries, sign: "answers", platformDown: false },
      deps.random,
    );
  }

  function settle(settlement: Settlement): void {
    settlements.add(settlement);
    if (settlement.outcome === "waiting") return;
    finished++;
    metrics.migrationOutcomes.inc({ outcome: settlement.outcome });
    const reason = failures.record(settlement.outcome, settlement.code ?? "");
    if (reason) void halt(reason);
  }

  async function halt(reason: string): Promise<void> {
    if (phase === "working") {
      phase = "stopping";
      gate.close();
      log.error({ reason }, "the migration halts");
    }
    await requestStop(db, runId, reason).catch((error: unknown) => databaseTrouble(error));
  }

  /** Fresh shops first, then what is due again: a retry never passes fresh work that was there before it. */
  function refill(): void {
    if (refilling || emptySinceTick || phase !== "working" || performance.now() < databaseTroubleUntil) return;
    refilling = (async () => {
      const want = 2 * concurrency;
      const fresh = freshLeft ? await claimFreshShops(db, runId, worker, want) : { claims: [], more: false };
      freshLeft = fresh.more;
      buffer.push(...fresh.claims);
      const due = await claimWaitingShops(db, runId, worker, freshLeft ? Math.ceil(want / 4) : want);
      buffer.push(...due);
      emptySinceTick = fresh.claims.length === 0 && due.length === 0 && !fresh.more;
    })()
      .catch(databaseTrouble)
      .finally(() => {
        refilling = undefined;
        pump();
      });
  }

  async function tick(): Promise<void> {
    gate.bookTime(gate.pausedFor() > 0 ? false : breaker.state === CircuitState.Closed ? true : undefined);
    if (isLimited) limitedTicks++;
    isLimited = false;
    const stats: WorkerStats = { ...gate.counts, limited: limitedTicks, finished };
    const heard = await beat(db, runId, worker, stats, deadAfterMs);
    noteBeat();
    if (heard.status !== "running") return end();
    if (!heard.alive) {
      log.warn("taken for dead; joining again with nothing in hand");
      return end();
    }
    gate.pause(heard.pausedMs);
    // Another worker may have begun the next wave.
    if (!heard.drained) freshLeft = true;
    if (heard.stopRequested && phase === "working") {
      phase = "stopping";
      gate.close();
    }
    const rate = heard.leads ? await lead(heard) : (heard.allowedRate ?? initialPace.rate);
    bucket.setRate(rate / Math.max(1, heard.workers.length));
    emptySinceTick = false;
    if (phase === "working" && isIdle()) await advance();
    if (phase === "stopping" && inWork.size === 0) await stop();
  }

  function noteBeat(): void {
    const time = performance.now();
    // After a gap nobody can be blamed for one: the database was away, or this process slept.
    if (time - lastBeatAt > deadAfterMs / 2) mayTakeOverAt = time + deadAfterMs;
    lastBeatAt = time;
  }

  async function lead(heard: Beat): Promise<number> {
    const decided = leader.decide(heard);
    metrics.migrationAllowedRate.set(decided.pace.rate);
    const notice =
      breaker.state === CircuitState.Closed ? decided.notice : "Shopify does not answer; one call tries now and then";
    await storePace(db, runId, worker, { ...decided, notice });
    if (performance.now() > mayTakeOverAt) {
      const taken = await takeOverFromDead(db, runId, deadAfterMs);
      if (taken > 0) log.warn({ shops: taken }, "shops of a dead worker are taken over");
    }
    return decided.pace.rate;
  }

  function isIdle(): boolean {
    return buffer.length === 0 && inWork.size === 0 && !refilling && !freshLeft && settlements.isEmpty();
  }

  async function advance(): Promise<void> {
    const next = await advanceRun(db, runId);
    if (next === "next wave") freshLeft = true;
    if (next === "ended") end();
  }

  async function stop(): Promise<void> {
    await settlements.flush();
    await releaseClaims(db, runId, worker);
    buffer.length = 0;
    if (await endStoppedRun(db, runId, worker, deadAfterMs)) end();
  }

  function end(): void {
    phase = "gone";
    gate.close();
  }

  const isPresent = () => phase === "working" || phase === "stopping";

  const done = (async () => {
    await untilDone(() => joinRun(db, runId, worker, { ...gate.counts, limited: 0, finished: 0 }));
    log.info({ concurrency }, "at work on a migration run");
    pump();
    while (isPresent()) {
      await tick().catch(databaseTrouble);
      pump();
      if (isPresent()) await sleep(tickMs);
    }
    clearTimeout(pumpTimer);
  })();

  /** Repeats what must not be left undone while the database is away. */
  async function untilDone(run: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await run();
      } catch (error) {
        databaseTrouble(error);
        if (phase === "leaving") return;
        await sleep(DATABASE_PAUSE_MS);
      }
    }
  }

  return {
    done: done.then(async () => {
      if (phase !== "leaving") await leaveRun(db, runId, worker).catch(databaseTrouble);
    }),
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
        databaseTrouble(error);
      }
    },
  };
}

function describe(error: unknown): { name: string; message: string } {
  return error instanceof Error
    ? { name: error.name, message: error.message.split("\n").at(-1) ?? "" }
    : { name: "?", message: String(error) };
}
