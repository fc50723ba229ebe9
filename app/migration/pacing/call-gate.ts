import { setImmediate as turn } from "node:timers/promises";
import type { TokenAnswer } from "../../tokens/index.ts";
import { pauseAskedBy, signOf, type PlatformSign } from "../worker/judge-attempt.ts";

/** A call did not leave: pacing closed the gate after the shop was started. Nothing happened to the shop. */
export class GateClosedError extends Error {
  constructor() {
    super("The call did not leave");
    this.name = "GateClosedError";
  }
}

/** Share of the calls in flight that may be under way to the gate beyond it. */
const EARLY_STARTS = 0.2;
/** Without a Retry-After, a 429 is answered with this much silence. */
const DEFAULT_PAUSE_MS = 1_000;
/** A call that waits at the gate holds its shop's lease: not for longer than this. */
const LONGEST_WAIT_MS = 1_000;

/** Counters that only rise; the control loop reads their differences. */
export interface GateCounts {
  activeMs: number;
  waitedMs: number;
  answered: number;
  throttled: number;
  broken: number;
  latencyMs: number;
}

export interface CallGate {
  readonly counts: GateCounts;
  /** Calls on their way now. */
  readonly inFlight: number;
  /** Broken answers in a row. */
  readonly brokenInARow: number;
  /** Shopify has answered at least once and knows the app. */
  readonly isProven: boolean;
  /** Milliseconds until calls may leave again. */
  pausedFor(): number;
  /** Lets no call leave for so long; never shortens a pause. */
  pause(ms: number): void;
  /**
   * Whether one more shop may set out for the gate; pacing over time is the caller's. A few more than may pass are let set out,
   * so that the gate never waits for a database.
   */
  hasRoom(): boolean;
  /**
   * A shop is on its way to the gate, until its call passes or its trip ends.
   * @param isProbe it passes although the platform is taken for down.
   */
  setOut(isProbe?: boolean): Trip;
  /** From now on no call leaves. */
  close(): void;
  /** Books the time since the last booking as active, as waiting for a Retry-After, or (undefined) as neither. */
  bookTime(isActive: boolean | undefined): void;
}

export interface Trip {
  /** Runs one call in its turn. @throws GateClosedError */
  pass(call: () => Promise<TokenAnswer>, onSign?: (sign: PlatformSign) => void): Promise<TokenAnswer>;
  /** The shop is done with, whether it called or not. */
  end(): void;
}

/**
 * Where every call to the token endpoint leaves from: bounds how many are on their way, keeps the silence that `Retry-After`
 * asks for from the very answer on that brought it, and lets a single call go first until Shopify has proven to know the app.
 * @param options.onPause is told when an answer asked for silence, so that other instances keep it too.
 */
export function createCallGate(options: {
  concurrency: number;
  onPause: (ms: number) => void;
  /** The platform is taken for down: nothing passes but a probe. */
  isDown?: () => boolean;
  /** A call has ended: another may set out. */
  onRoom?: () => void;
  now?: () => number;
}): CallGate {
  const now = options.now ?? (() => performance.now());
  const counts: GateCounts = { activeMs: 0, waitedMs: 0, answered: 0, throttled: 0, broken: 0, latencyMs: 0 };
  const queue: (() => void)[] = [];
  let inFlight = 0;
  let onTheWay = 0;
  let brokenInARow = 0;
  let isProven = false;
  let pausedUntil = 0;
  let closed = false;
  let bookedAt = now();

  const pausedFor = () => Math.max(0, pausedUntil - now());
  /** After a broken answer fewer go out, until one is answered: an outage is met with as few calls as can be. */
  const width = () => (isProven ? Math.max(1, Math.floor(options.concurrency / 2 ** brokenInARow)) : 1);

  function close(): void {
    closed = true;
    for (const wake of queue.splice(0)) wake();
  }

  function note(answer: TokenAnswer, tookMs: number): PlatformSign {
    const sign = signOf(answer);
    if (sign === "broken") {
      counts.broken++;
      brokenInARow++;
      return sign;
    }
    brokenInARow = 0;
    if (sign === "throttles") {
      counts.throttled++;
      const ms = pauseAskedBy(answer) ?? DEFAULT_PAUSE_MS;
      pausedUntil = Math.max(pausedUntil, now() + ms);
      options.onPause(ms);
      return sign;
    }
    // Not one call more, whoever is quicker: the caller who is to halt the run, or the next call.
    if (sign === "refuses the app") close();
    counts.answered++;
    counts.latencyMs += tookMs;
    if (sign === "answers" && !(answer.kind === "refused" && answer.verdict.kind === "transient")) isProven = true;
    return sign;
  }

  /** Waits for a place and takes it, in one step: between looking and taking nobody else may run. */
  async function takePlace(isProbe: boolean): Promise<void> {
    const waitingSince = now();
    for (;;) {
      const isShut = closed || (!isProbe && options.isDown?.()) || pausedFor() > LONGEST_WAIT_MS;
      if (isShut || now() - waitingSince > LONGEST_WAIT_MS) {
        // The place this one was woken for is the next one's.
        queue.shift()?.();
        throw new GateClosedError();
      }
      if (pausedFor() > 0) await new Promise((resolve) => setTimeout(resolve, Math.ceil(pausedFor())));
      else if (inFlight < width()) {
        inFlight++;
        return;
      } else await new Promise<void>((resolve) => queue.push(resolve));
    }
  }

  return {
    counts,
    get inFlight() {
      return inFlight;
    },
    get brokenInARow() {
      return brokenInARow;
    },
    get isProven() {
      return isProven;
    },
    pausedFor,
    pause(ms) {
      if (ms > 0) pausedUntil = Math.max(pausedUntil, now() + ms);
    },
    hasRoom() {
      const early = isProven && brokenInARow === 0 ? Math.ceil(options.concurrency * EARLY_STARTS) : 0;
      return !closed && pausedFor() === 0 && inFlight + onTheWay < width() + early;
    },
    setOut(isProbe = false) {
      let isOnTheWay = true;
      onTheWay++;
      const arrive = () => {
        if (isOnTheWay) onTheWay--;
        isOnTheWay = false;
      };
      return {
        async pass(call, onSign) {
          await takePlace(isProbe);
          arrive();
          const started = now();
          try {
            const answer = await call();
            const sign = note(answer, now() - started);
            onSign?.(sign);
            return answer;
          } finally {
            inFlight--;
            queue.shift()?.();
            options.onRoom?.();
            // The next call has left by then: working on this answer first would keep the place empty meanwhile.
            await turn();
          }
        },
        end: arrive,
      };
    },
    close,
    bookTime(isActive) {
      const at = now();
      if (isActive !== undefined) counts[isActive ? "activeMs" : "waitedMs"] += at - bookedAt;
      bookedAt = at;
    },
  };
}
