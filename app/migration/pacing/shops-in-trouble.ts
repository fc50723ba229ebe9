import type { PlatformSignal } from "./platform-signal.ts";

/** A limit for all: this many different shops, among this many latest answers, were asked to wait. */
const LIMIT = { shops: 3, among: 20 };
/** How long a limit is believed after it was last met; until then one shop's answer is enough. */
const LIMIT_BELIEVED_MS = 60_000;
/** A wait this short is what a limit for all asks for as a rule, and its first sign is often one shop alone. */
const SHORT_WAIT_MS = 2_000;
/** Different shops in a row without an answer after which the platform counts as down. */
const SHOPS_FOR_OUTAGE = 5;
/** An outage that lasts longer counts against the shops after all, so that every run ends. */
const OUTAGE_PATIENCE_MS = 10 * 60_000;
/** Different shops in a row for which Shopify does not know the app before the app itself is in doubt. One alone may be a new store, or a closed one. */
const SHOPS_FOR_APP = 3;

/** Tells one shop's trouble from the platform's by how many different shops meet the same. */
export interface ShopsInTrouble {
  /** Different shops in a row that got no answer. */
  readonly brokenInARow: number;
  readonly isDown: boolean;
  readonly appRefused: boolean;
  /**
   * Takes note of an answer.
   * @param tries how often the shop failed before for reasons of its own: such a shop says nothing about the others.
   * @returns `isForAll`: the answer concerns all shops; if not, it is the shop's own trouble. `holdsAll`: all calls wait for what it
   * asks: because it is for all, or because it is a shop's first short wait, which may be; a short wait costs the others little.
   */
  note(shop: string, tries: number, signal: PlatformSignal): { isForAll: boolean; holdsAll: boolean };
}

/** @param now milliseconds, monotonic. */
export function createShopsInTrouble(now: () => number): ShopsInTrouble {
  const broken = new Set<string>();
  const refused = new Set<string>();
  let asked: (string | undefined)[] = [];
  let limitMetAt = -Infinity;
  let answeredAt = now();
  const isDown = () => broken.size >= SHOPS_FOR_OUTAGE;

  function isLimitBelieved(): boolean {
    const shops = new Set(asked.filter((shop) => shop !== undefined)).size;
    return shops >= LIMIT.shops || now() - limitMetAt <= LIMIT_BELIEVED_MS;
  }

  return {
    get brokenInARow() {
      return broken.size;
    },
    get isDown() {
      return isDown();
    },
    get appRefused() {
      return refused.size >= SHOPS_FOR_APP;
    },
    note(shop, tries, { kind, retryAfterMs }) {
      if (kind === "broken") broken.add(shop);
      else {
        broken.clear();
        answeredAt = now();
      }
      if (kind === "app refused") refused.add(shop);
      else if (kind === "answered") refused.clear();
      const isAsked = retryAfterMs !== undefined && tries === 0;
      asked = [...asked, isAsked ? shop : undefined].slice(-LIMIT.among);
      if (isAsked && isLimitBelieved()) {
        limitMetAt = now();
        return { isForAll: true, holdsAll: true };
      }
      const isShort = kind === "throttled" && retryAfterMs! <= SHORT_WAIT_MS;
      const isOutage = isDown() && now() - answeredAt < OUTAGE_PATIENCE_MS;
      return {
        isForAll: kind === "broken" && tries === 0 && isOutage,
        holdsAll: isShort && (tries === 0 || isLimitBelieved()),
      };
    },
  };
}
