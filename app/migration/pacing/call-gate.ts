import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";
import type { ProbeAnswer, TokenAnswer } from "../../tokens/index.ts";
import { createPlatformTrouble } from "./platform-trouble.ts";

/** Share of the calls in flight that may be under way to the gate beyond it, so that it never waits for a database. */
const EARLY_STARTS = 0.2;
/** How long a call waits at the gate: the first one holds its shop's lease meanwhile, a verification none as a rule. */
const PATIENCE_MS = { first: 1_000, verification: 10_000 };
/** Longest pause of all calls; then one call tries again. */
const LONGEST_PAUSE_MS = 60_000;
/** While Shopify does not answer, single calls try: after a second, then twice as long each time, up to this. */
const LONGEST_TRY_MS = 5_000;
/** Unused starts are saved up for this long at most: enough to bridge timers, too little for a surge. */
const SAVED_MS = 50;

/** A call did not leave: the gate was shut after the shop had been taken up. Nothing happened to the shop. */
export class GateClosedError extends Error {
  override readonly name = "GateClosedError";
  override readonly message = "The call did not leave";
}

export type CallGate = ReturnType<typeof createCallGate>;
export type GateCounts = CallGate["counts"];

/**
 * Where every call to Shopify leaves from. Four things hold it back: one rate (`setRate`), one bound on calls in flight (p-queue), one
 * breaker, which halves that bound with each shop in a row that gets no answer, and one pause, for what several shops are asked to wait.
 * @param options.rate calls per second.
 * @param options.onPause all calls have to wait: tells the other instances.
 * @param options.onRoom a call has ended: another shop may be taken up.
 * @param options.isAppKnown the client id has been served before; see `createPlatformTrouble`.
 * @param options.now milliseconds, monotonic.
 */
export function createCallGate(options: {
  concurrency: number;
  rate: number;
  onPause?: (ms: number) => void;
  onRoom?: () => void;
  isAppKnown?: boolean;
  now?: () => number;
}) {
  const { concurrency, now = () => performance.now() } = options;
  /** Both only rise. `throttled`: refusals that concerned all. `limited`: times when only the rate held a shop back. */
  const counts = { throttled: 0, limited: 0 };
  /** Calls in flight, and those that wait for a place. */
  const queue = new PQueue({ concurrency: 1 });
  const trouble = createPlatformTrouble(now, options);
  /** Shops taken up that have not come to their first call. */
  const onTheWay = new Set<object>();
  let rate = options.rate;
  let nextStartAt = now();
  let pausedUntil = 0;
  /** Pauses in a row because Shopify does not answer. */
  let outagePauses = 0;

  const pausedFor = () => Math.max(0, pausedUntil - now());

  /** Takes a start, also one that is not due yet: the next ones wait for it. */
  function takeStart(): void {
    const everyMs = 1_000 / rate;
    nextStartAt = Math.max(nextStartAt, now() - Math.max(0, SAVED_MS - everyMs)) + everyMs;
  }

  const pause = (ms: number) => void (pausedUntil = Math.max(pausedUntil, now() + Math.min(ms, LONGEST_PAUSE_MS)));
  /** From now on no call leaves: a pause without an end. */
  const close = () => void (pausedUntil = Infinity);

  /** Takes note of an answer. @returns whether it concerned all shops, and says nothing about this one. */
  function note(shop: string, tries: number, answer: TokenAnswer | ProbeAnswer): { isForAll: boolean } {
    const { kind, isLimit, isOutage, isForAll, holdMs } = trouble.note(shop, tries, answer);
    if (kind !== "broken") outagePauses = 0;
    if (isOutage && pausedFor() === 0) pause(Math.min(LONGEST_TRY_MS, 1_000 * 2 ** outagePauses++));
    if (isLimit) counts.throttled++;
    if (holdMs !== undefined) {
      pause(holdMs);
      options.onPause?.(Math.min(holdMs, LONGEST_PAUSE_MS));
    }
    // Not one more call leaves, even before the run is halted.
    if (trouble.appRefused()) close();
    queue.concurrency = trouble.bound(concurrency);
    return { isForAll };
  }

  /** Runs a call as soon as there is a place. A call that has left is never given up here. @throws GateClosedError */
  async function inTurn<T>(patienceMs: number, call: () => Promise<T>): Promise<T> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(new GateClosedError()), patienceMs);
    const leave = async () => {
      const waitMs = Math.ceil(pausedFor());
      if (waitMs > 0 && waitMs <= patienceMs) await sleep(waitMs);
      clearTimeout(timer);
      // Given up while it slept: its shop's lease is another's by now.
      if (pausedFor() > 0 || patience.signal.aborted) throw new GateClosedError();
      return call();
    };
    try {
      return await queue.add(leave, { signal: patience.signal });
    } finally {
      options.onRoom?.();
      // The next call has left by then: working on this answer first would keep its place empty meanwhile.
      await turn();
    }
  }

  return {
    counts: counts as Readonly<typeof counts>,
    isDown: trouble.isDown,
    /** Shopify does not accept the app: the gate is shut. */
    appRefused: trouble.appRefused,
    /** 0: a shop may be taken up. More: milliseconds until one may be. Undefined: when a call has ended. */
    opensIn(): number | undefined {
      if (pausedFor() > 0) return pausedFor() === Infinity ? undefined : Math.ceil(pausedFor());
      const early = trouble.isWell() ? Math.ceil(concurrency * EARLY_STARTS) : 0;
      if (queue.pending + queue.size + onTheWay.size >= queue.concurrency + early) return undefined;
      const waitMs = Math.max(0, Math.ceil(nextStartAt - now()));
      if (waitMs > 0) counts.limited++;
      return waitMs;
    },
    /** Takes up a shop; ask `opensIn` before. @param tries how often it failed before for reasons of its own. */
    acquire(shop: string, tries: number) {
      takeStart();
      const permit = {
        /** About the last call (`note`); undefined when none was made. */
        last: undefined as { isForAll: boolean } | undefined,
        /** Runs a call, token endpoint or verification, in its turn. @throws GateClosedError */
        run<T extends TokenAnswer | ProbeAnswer>(call: () => Promise<T>): Promise<T> {
          const isFirst = onTheWay.delete(permit);
          // A verification is paid for like the call before it.
          if (!isFirst) takeStart();
          return inTurn(isFirst ? PATIENCE_MS.first : PATIENCE_MS.verification, async () => {
            const answer = await call();
            permit.last = note(shop, tries, answer);
            return answer;
          });
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
