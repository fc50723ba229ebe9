import { setTimeout as sleep } from "node:timers/promises";
import { createCallGate, GateClosedError } from "../../migration/pacing/call-gate.ts";
import { initialPace, nextPace, type Pace } from "../../migration/pacing/call-rate.ts";
import { ConfigurationError, type RepinOutcome, type TokenLog, type Tokens } from "../../tokens/index.ts";

const CONCURRENCY = 8;
const PAGE = 200;
const TICK_MS = 250;
/** Kept for the answer; the rest are counted. */
const MOST_NAMED = 100;

/** What one part of a pass came to. */
export interface Repinned {
  /** Shops by outcome (`RepinOutcome`). */
  outcomes: Partial<Record<RepinOutcome["outcome"], number>>;
  /** The first of those that were not refreshed, and why. */
  failures: RepinOutcome[];
  /** Where the next part begins; null when every pinned shop was looked at. */
  next: string | null;
  /** Shopify refuses the app's credentials: nothing more is asked. */
  appRefused: boolean;
}

/** The rate that Shopify's answers allowed last, in this process: the next part does not find it out anew. */
const paces = new WeakMap<object, Pace>();

/**
 * Refreshes the chains that an earlier client secret made, by name from `after` on, until `signal`; calls that have left are waited for. What is
 * done is not done twice, so it may end anywhere and begin again, here or elsewhere.
 * @param options.rate calls per second at most; fewer where Shopify asks for it.
 * @throws StorageUnfitError; errors of the database.
 */
export async function repinChains(
  { tokens, log }: { tokens: Pick<Tokens, "pinnedChains" | "repin">; log: TokenLog },
  { after, rate, signal }: { after: string; rate: number; signal: AbortSignal },
): Promise<Repinned> {
  // The chains are this client id's own.
  const gate = createCallGate({ concurrency: CONCURRENCY, rate, isAppKnown: true, onRoom: () => wake() });
  let wake = () => {};
  const bounded = (pace: Pace): Pace => ({ ...pace, rate: Math.min(pace.rate, rate) });
  let pace = bounded(paces.get(tokens) ?? { ...initialPace, rate });
  let seen = { ...gate.counts };
  const slow = () => {
    const throttled = gate.counts.throttled - seen.throttled;
    pace = bounded(nextPace(pace, { ms: TICK_MS, throttled, limited: gate.counts.limited > seen.limited }));
    seen = { ...gate.counts };
    paces.set(tokens, pace);
    gate.setRate(pace.rate);
  };
  gate.setRate(pace.rate);
  const ticking = setInterval(slow, TICK_MS);

  const done: Repinned = { outcomes: {}, failures: [], next: after, appRefused: false };
  const inWork = new Set<Promise<void>>();
  let fatal: unknown;
  const note = (outcome: RepinOutcome) => {
    done.outcomes[outcome.outcome] = (done.outcomes[outcome.outcome] ?? 0) + 1;
    if (outcome.outcome === "refreshed" || outcome.outcome === "current") return;
    if (done.failures.length < MOST_NAMED) done.failures.push(outcome);
    log.warn({ ...outcome }, "a chain could not be refreshed for the rotation of the client secret");
  };
  const work = async (shop: string) => {
    const permit = gate.acquire(shop, 0);
    try {
      note(await tokens.repin(shop, { gate: (call) => permit.run(call) }));
    } catch (error) {
      if (error instanceof GateClosedError) note({ shop, outcome: "failed", code: "not_asked" });
      else if (error instanceof ConfigurationError) note({ shop, outcome: "failed", code: error.reason });
      else fatal ??= error;
    } finally {
      permit.release();
    }
  };

  try {
    let page: string[] = [];
    while (!signal.aborted && !gate.appRefused() && fatal === undefined) {
      if (page.length === 0) {
        page = (await tokens.pinnedChains(done.next!, PAGE)).map(({ shop }) => shop);
        if (page.length === 0) {
          done.next = null;
          break;
        }
      }
      const waitMs = inWork.size >= 2 * CONCURRENCY ? undefined : gate.opensIn();
      if (waitMs === 0) {
        const shop = page.shift()!;
        done.next = shop;
        const running = work(shop).finally(() => {
          inWork.delete(running);
          wake();
        });
        inWork.add(running);
      } else {
        const room = new Promise<void>((resolve) => (wake = resolve));
        await Promise.race([room, sleep(Math.min(waitMs ?? TICK_MS, TICK_MS))]);
      }
    }
  } finally {
    await Promise.all(inWork);
    clearInterval(ticking);
  }
  if (fatal !== undefined) throw fatal;
  done.appRefused = gate.appRefused();
  return done;
}
