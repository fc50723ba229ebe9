import { isOfTheApp, type ProbeAnswer, type TokenAnswer } from "../../tokens/index.ts";

/** Latest answers that are looked back on. */
const REMEMBERED = 20;
/** Different shops that are asked to wait, or told that the app's credentials are wrong, before all are concerned: one may be ill. */
const SEVERAL = 3;
/** Different shops in a row without an answer after which the platform counts as down. */
const SHOPS_FOR_OUTAGE = 5;
/** How long a limit is believed after it was last met; until then one shop's answer is enough. */
const LIMIT_BELIEVED_MS = 60_000;
/** Without a Retry-After, a 429 asks for this much. */
const DEFAULT_RETRY_AFTER_MS = 1_000;
/** A wait this short is what a limit for all asks for as a rule, and its first sign is often one shop alone. */
const SHORT_WAIT_MS = 2_000;
/** When no shop was served for longer, a failure counts against the shop after all, so that every run ends. */
const UNSERVED_MS = 10 * 60_000;

/**
 * `throttled`: 429. `broken`: 5xx, no answer, or an unreadable one. `app refused`: the credentials are wrong. `unknown`: Shopify does not
 * know the app for this shop, which is new or closed, or the client id is wrong. `answered`: whatever else it says about the shop, Shopify
 * works.
 */
type Kind = "answered" | "throttled" | "broken" | "app refused" | "unknown";

/** What an answer says about the platform. */
function signalOf(answer: TokenAnswer | ProbeAnswer): { kind: Kind; waitMs?: number } {
  const verdict = answer.kind === "refused" && "verdict" in answer ? answer.verdict : answer;
  if (verdict.kind === "configuration") return { kind: isOfTheApp(verdict.reason) ? "app refused" : "unknown" };
  if (verdict.kind !== "transient") return { kind: "answered" };
  const { reason, retryAfterMs } = verdict;
  if (reason === "throttled") return { kind: "throttled", waitMs: retryAfterMs ?? DEFAULT_RETRY_AFTER_MS };
  // A verdict of the Admin API does not say whether an answer was lost: one that is not throttled was.
  return { kind: "lost" in verdict && !verdict.lost ? "answered" : "broken", waitMs: retryAfterMs };
}

/**
 * Tells one shop's trouble from the platform's, by how many different shops meet the same. A shop that fails again though others were served
 * since is in trouble of its own: it says nothing about the others until it is served. See
 * docs/decisions/0016-one-shops-trouble-is-its-own.md.
 * @param now milliseconds, monotonic.
 * @param options.isAppKnown the client id is right: a shop for which the app is not known never says anything about others. Default: no.
 */
export function createPlatformTrouble(now: () => number, { isAppKnown = false } = {}) {
  let latest: { shop: string; kind: Kind; isAsked: boolean }[] = [];
  let limitMetAt = -Infinity;
  let shopsForLimit = SEVERAL;
  /** Answers with which a shop was served, and when the last one came. */
  let [served, servedAt] = [0, now()];
  /** Shops whose last answer did not serve them: `served` at that time, and whether all were made to wait for it. */
  const unserved = new Map<string, { served: number; heldAll: boolean }>();
  let isAppRefused = false;
  const shopsIn = (some: typeof latest) => new Set(some.map(({ shop }) => shop)).size;
  const since = (ends: (kind: Kind) => boolean) => latest.slice(latest.findLastIndex(({ kind }) => ends(kind)) + 1);
  const sinceServed = () => since((kind) => kind === "answered");
  /** Different shops in a row that got no answer. */
  const brokenInARow = () => shopsIn(since((kind) => kind !== "broken"));
  const isDown = () => brokenInARow() >= SHOPS_FOR_OUTAGE;
  /** A long wait is one for all only while no shop is served: else it may be that of a few shops, one after the other. */
  const isLimitBelieved = (isShort: boolean) =>
    shopsIn((isShort ? latest : sinceServed()).filter(({ isAsked }) => isAsked)) >= shopsForLimit ||
    (isShort && now() - limitMetAt <= LIMIT_BELIEVED_MS);

  return {
    isDown,
    /** Shopify has answered, and the last answer was one. */
    isWell: () => served > 0 && brokenInARow() === 0,
    /** Calls in flight of `most`: half with each shop without an answer; one while Shopify is down, or has never answered. */
    bound: (most: number) => (served === 0 || isDown() ? 1 : Math.max(1, Math.floor(most / 2 ** brokenInARow()))),
    /** Shopify does not accept the app, once and for all. */
    appRefused: () => isAppRefused,
    /**
     * Takes note of an answer.
     * @param tries how often the shop failed before for reasons of its own.
     * @returns `isForAll`: it concerns all shops, and says nothing about this one. `holdMs`: all calls wait this long, for a limit or for a
     * shop's first short wait, which may be one.
     */
    note(shop: string, tries: number, answer: TokenAnswer | ProbeAnswer) {
      const { kind, waitMs } = signalOf(answer);
      const before = unserved.get(shop);
      const isFailure = kind === "broken" || kind === "throttled" || kind === "unknown";
      const isOwn = isFailure && (tries > 0 || (before !== undefined && before.served < served));
      const isAsked = waitMs !== undefined && !isOwn;
      const isShort = waitMs !== undefined && waitMs <= SHORT_WAIT_MS;
      if (kind === "answered") [served, servedAt] = [served + 1, now()];
      // An outage is one of shops that are well otherwise, and so is an app that is not known any more.
      if (!isOwn || kind === "throttled") latest = [...latest, { shop, kind, isAsked }].slice(-REMEMBERED);
      // Until a shop is served, twenty that it does not know the app for, or several of which one asked again, are enough as well.
      if (kind === "app refused" || (kind === "unknown" && served === 0 && !isAppKnown)) {
        const toldSo = shopsIn(sinceServed().filter((one) => one.kind === kind));
        isAppRefused ||= toldSo >= (kind === "app refused" || before ? SEVERAL : REMEMBERED);
      }
      const isPatient = now() - servedAt < UNSERVED_MS;
      const isBelieved = isLimitBelieved(isShort);
      const isLimit = isAsked && isBelieved && isPatient;
      if (isLimit) limitMetAt = now();
      const isOutage = kind === "broken" && !isOwn && isDown();
      const holdsAll = isLimit || (kind === "throttled" && isShort && (isAsked || isBelieved));
      if (before?.heldAll && isOwn) {
        // All have waited for nothing: a limit takes one more shop to be believed, until one that waited is served.
        limitMetAt = -Infinity;
        shopsForLimit = Math.min(shopsForLimit + 1, REMEMBERED);
      } else if (before?.heldAll && kind === "answered") shopsForLimit = SEVERAL;
      if (isFailure) unserved.set(shop, { served, heldAll: isLimit });
      else unserved.delete(shop);
      const isForAll = isLimit || (isOutage && isPatient);
      return { kind, isLimit, isOutage, isForAll, holdMs: holdsAll ? waitMs : undefined };
    },
  };
}
