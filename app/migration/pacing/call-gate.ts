import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";
import type { ProbeAnswer, TokenAnswer } from "../../tokens/index.ts";
import { GateClosedError, type CallSignal, type GateCounts, type Permit } from "./permit.ts";
import { platformSignal } from "./platform-signal.ts";
import { createShopsInTrouble } from "./shops-in-trouble.ts";
import { createTokenBucket } from "./rate-bucket.ts";

/** Share of the calls in flight that may be under way to the gate beyond it, so that it never waits for a database. */
const EARLY_STARTS = 0.2;
/** A call that waits at the gate holds its shop's lease, so not for long; a second one, a verification, holds none as a rule. */
const LONGEST_WAIT_MS = 1_000;
const LONGEST_WAIT_AGAIN_MS = 10_000;
/** Longest pause of all calls; then one call tries again. */
const LONGEST_PAUSE_MS = 60_000;
/** While Shopify does not answer, single calls try: after each of these, then after the last again and again. */
const TRY_AFTER_MS = [1_000, 2_000, 4_000, 5_000];

export type CallGate = ReturnType<typeof createCallGate>;

/**
 * Where every call to Shopify leaves from. Four things hold it back: one rate (`setRate`); one bound on calls in flight (p-queue);
 * one breaker, which halves that bound with each shop in a row that gets no answer, down to single tries; and one pause, for what
 * several shops are asked to wait, of at most a minute. What one shop is asked to wait delays that shop alone.
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
  const counts: GateCounts = { activeMs: 0, answered: 0, throttled: 0, limited: 0 };
  const queue = new PQueue({ concurrency: 1 });
  const bucket = createTokenBucket(options.rate, now);
  const trouble = createShopsInTrouble(now);
  let onTheWay = 0;
  let isProven = false;
  let isClosed = false;
  let tries = 0;
  let pausedUntil = 0;
  let bookedAt = now();

  const pausedFor = () => Math.max(0, pausedUntil - now());

  function bookTime(): void {
    const from = Math.max(bookedAt, pausedUntil);
    bookedAt = now();
    if (!trouble.isDown) counts.activeMs += Math.max(0, bookedAt - from);
  }

  function pause(ms: number): void {
    bookTime();
    pausedUntil = Math.max(pausedUntil, now() + Math.min(ms, LONGEST_PAUSE_MS));
  }

  function note(shop: string, triesOfShop: number, answer: TokenAnswer | ProbeAnswer): CallSignal {
    const signal = platformSignal(answer);
    bookTime();
    const { isForAll, holdsAll } = trouble.note(shop, triesOfShop, signal);
    if (signal.kind === "broken") {
      if (trouble.isDown && pausedFor() === 0) pause(TRY_AFTER_MS[Math.min(tries++, TRY_AFTER_MS.length - 1)]!);
    } else {
      tries = 0;
      counts.answered++;
      isProven ||= signal.kind === "answered";
    }
    if (holdsAll) {
      if (isForAll) counts.throttled++;
      pause(signal.retryAfterMs!);
      options.onPause?.(pausedFor());
    }
    // Not one more call leaves, even before the run is halted.
    if (trouble.appRefused) close();
    // Until Shopify has answered once, and while it does not, one call goes first.
    const isAlone = !isProven || trouble.isDown;
    queue.concurrency = isAlone ? 1 : Math.max(1, Math.floor(concurrency / 2 ** trouble.brokenInARow));
    return { ...signal, isForAll };
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
    get counts() {
      bookTime();
      return { ...counts };
    },
    get isDown() {
      return trouble.isDown;
    },
    /** Several shops in a row were told that Shopify does not know the app. */
    get appRefused() {
      return trouble.appRefused;
    },
    /** 0: a shop may be taken up. More: milliseconds until one may be. Undefined: when a call has ended. */
    opensIn(): number | undefined {
      if (isClosed) return undefined;
      if (pausedFor() > 0) return Math.ceil(pausedFor());
      const early = isProven && trouble.brokenInARow === 0 ? Math.ceil(concurrency * EARLY_STARTS) : 0;
      if (queue.pending + queue.size + onTheWay >= queue.concurrency + early) return undefined;
      const waitMs = bucket.takesIn();
      if (waitMs > 0) counts.limited++;
      return waitMs;
    },
    /** Takes up a shop; ask `opensIn` before. @param tries how often it failed before for reasons of its own. */
    acquire(shop: string, tries: number): Permit {
      bucket.take();
      onTheWay++;
      let isOnTheWay = true;
      let last: CallSignal | undefined;
      const arrive = () => {
        if (isOnTheWay) onTheWay--;
        isOnTheWay = false;
      };
      return {
        get last() {
          return last;
        },
        run: (call) => {
          // A verification is paid for like the call before it.
          if (!isOnTheWay) bucket.take();
          const longestMs = isOnTheWay ? LONGEST_WAIT_MS : LONGEST_WAIT_AGAIN_MS;
          arrive();
          return inTurn(async () => {
            const answer = await call();
            last = note(shop, tries, answer);
            return answer;
          }, longestMs);
        },
        release: arrive,
      };
    },
    setRate: bucket.setRate,
    /** Lets no call leave for `ms` milliseconds, a minute at most; never shortens a pause. */
    pause,
    close,
  };
}
