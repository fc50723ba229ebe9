import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";
import type { ProbeAnswer, TokenAnswer } from "../../tokens/index.ts";
import { createPlatformTrouble } from "./platform-trouble.ts";

/** Share of the calls in flight that may be under way to the gate beyond it, so that it never waits for a database. */
const EARLY_STARTS = 0.2;
/** A call that waits at the gate holds its shop's lease, so not for long. */
const LONGEST_WAIT_MS = 1_000;
/** A second call, a verification, holds none as a rule. */
const LONGEST_WAIT_AGAIN_MS = 10_000;
/** Longest pause of all calls; then one call tries again. */
const LONGEST_PAUSE_MS = 60_000;
/** While Shopify does not answer, single calls try: after a second, then twice as long each time, up to this. */
const LONGEST_TRY_MS = 5_000;
/** Unused starts are saved up for this long at most: enough to bridge timers, too little for a surge. */
const SAVED_MS = 50;

/** A call did not leave: the gate was shut after the shop had been taken up. Nothing happened to the shop. */
export class GateClosedError extends Error {
  constructor() {
    super("The call did not leave");
    this.name = "GateClosedError";
  }
}

/** Counters that only rise; the control loop reads their differences. */
export interface GateCounts {
  /** Refusals that concerned all. */
  throttled: number;
  /** Times when only the rate held a shop back. */
  limited: number;
}

export type CallGate = ReturnType<typeof createCallGate>;

/**
 * Where every call to Shopify leaves from. Four things hold it back: one rate (`setRate`), one bound on calls in flight (p-queue), one
 * breaker, which halves that bound with each shop in a row that gets no answer, and one pause, for what several shops are asked to wait.
 * @param options.rate calls per second.
 * @param options.onPause all calls have to wait: tells the other instances.
 * @param options.onRoom a call has ended: another shop may be taken up.
 * @param options.now milliseconds, monotonic.
 */
export function createCallGate(options: {
  concurrency: number;
  rate: number;
  onPause?: (ms: number) => void;
  onRoom?: () => void;
  now?: () => number;
}) {
  const { concurrency, now = () => performance.now() } = options;
  const counts: GateCounts = { throttled: 0, limited: 0 };
  /** Calls in flight, and those that wait for a place. */
  const queue = new PQueue({ concurrency: 1 });
  const trouble = createPlatformTrouble(now);
  /** Shops taken up that have not come to their first call. */
  const onTheWay = new Set<object>();
  let rate = options.rate;
  let nextStartAt = now();
  let pausedUntil = 0;
  /** Pauses in a row because Shopify does not answer. */
  let outagePauses = 0;
  /** Shopify has answered once. */
  let isProven = false;
  let isClosed = false;

  const pausedFor = () => Math.max(0, pausedUntil - now());

  /** Takes a start, also one that is not due yet: the next ones wait for it. */
  function takeStart(): void {
    const everyMs = 1_000 / rate;
    nextStartAt = Math.max(nextStartAt, now() - Math.max(0, SAVED_MS - everyMs)) + everyMs;
  }

  function pause(ms: number): void {
    pausedUntil = Math.max(pausedUntil, now() + Math.min(ms, LONGEST_PAUSE_MS));
  }

  function note(shop: string, tries: number, answer: TokenAnswer | ProbeAnswer): { isForAll: boolean } {
    const { kind, isLimit, isOutage, isForAll, holdMs } = trouble.note(shop, tries, answer);
    isProven ||= kind === "answered";
    if (kind !== "broken") outagePauses = 0;
    if (isOutage && pausedFor() === 0) pause(Math.min(LONGEST_TRY_MS, 1_000 * 2 ** outagePauses++));
    if (isLimit) counts.throttled++;
    if (holdMs !== undefined) {
      pause(holdMs);
      options.onPause?.(pausedFor());
    }
    // Not one more call leaves, even before the run is halted.
    if (trouble.appRefused()) close();
    // Until Shopify has answered once, and while it does not, one call goes first.
    const isAlone = !isProven || trouble.isDown();
    queue.concurrency = isAlone ? 1 : Math.max(1, Math.floor(concurrency / 2 ** trouble.brokenInARow()));
    return { isForAll };
  }

  async function inTurn<T>(call: () => Promise<T>, longestMs: number): Promise<T> {
    let hasLeft = false;
    // Of waiting alone: a call that has left is never given up here.
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), longestMs);
    try {
      return await queue.add(
        async () => {
          if (pausedFor() > longestMs) throw new GateClosedError();
          if (pausedFor() > 0) await sleep(Math.ceil(pausedFor()));
          // Given up while it slept: its shop's lease is another's by now.
          if (isClosed || pausedFor() > 0 || patience.signal.aborted) throw new GateClosedError();
          clearTimeout(timer);
          hasLeft = true;
          return call();
        },
        { signal: patience.signal },
      );
    } catch (error) {
      throw hasLeft ? error : new GateClosedError();
    } finally {
      clearTimeout(timer);
      options.onRoom?.();
      // The next call has left by then: working on this answer first would keep its place empty meanwhile.
      await turn();
    }
  }

  /** From now on no call leaves. */
  function close(): void {
    isClosed = true;
    queue.clear();
  }

  return {
    counts: counts as Readonly<GateCounts>,
    isDown: trouble.isDown,
    /** Several shops in a row were told that Shopify does not know the app. */
    appRefused: trouble.appRefused,
    /** 0: a shop may be taken up. More: milliseconds until one may be. Undefined: when a call has ended. */
    opensIn(): number | undefined {
      if (isClosed) return undefined;
      if (pausedFor() > 0) return Math.ceil(pausedFor());
      const early = isProven && trouble.brokenInARow() === 0 ? Math.ceil(concurrency * EARLY_STARTS) : 0;
      if (queue.pending + queue.size + onTheWay.size >= queue.concurrency + early) return undefined;
      const waitMs = Math.max(0, Math.ceil(nextStartAt - now()));
      if (waitMs > 0) counts.limited++;
      return waitMs;
    },
    /** Takes up a shop; ask `opensIn` before. @param tries how often it failed before for reasons of its own. */
    acquire(shop: string, tries: number) {
      takeStart();
      const permit = {
        /** Whether the last call concerned all shops, and says nothing about this one; undefined when none was made. */
        last: undefined as { isForAll: boolean } | undefined,
        /** Runs a call, token endpoint or verification, as soon as there is a place. @throws GateClosedError */
        run<T extends TokenAnswer | ProbeAnswer>(call: () => Promise<T>): Promise<T> {
          const isFirst = onTheWay.delete(permit);
          // A verification is paid for like the call before it.
          if (!isFirst) takeStart();
          return inTurn(
            async () => {
              const answer = await call();
              permit.last = note(shop, tries, answer);
              return answer;
            },
            isFirst ? LONGEST_WAIT_MS : LONGEST_WAIT_AGAIN_MS,
          );
        },
        /** The shop is done with, whether it called or not. */
        release: (): void => void onTheWay.delete(permit),
      };
      onTheWay.add(permit);
      return permit;
    },
    /** @param perSecond calls, of this instance. */
    setRate: (perSecond: number) => void (rate = perSecond),
    /** Lets no call leave for `ms` milliseconds, a minute at most; never shortens a pause. */
    pause,
    close,
  };
}
