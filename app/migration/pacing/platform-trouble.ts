import type { ProbeAnswer, TokenAnswer } from "../../tokens/index.ts";

/** Latest answers that are looked back on. */
const REMEMBERED = 20;
/** A limit for all: this many different shops among them were asked to wait. */
const SHOPS_FOR_LIMIT = 3;
/** How long a limit is believed after it was last met; until then one shop's answer is enough. */
const LIMIT_BELIEVED_MS = 60_000;
/** A wait this short is what a limit for all asks for as a rule, and its first sign is often one shop alone. */
const SHORT_WAIT_MS = 2_000;
/** Without a Retry-After, a 429 asks for this much. */
const DEFAULT_RETRY_AFTER_MS = 1_000;
/** Different shops in a row without an answer after which the platform counts as down. */
const SHOPS_FOR_OUTAGE = 5;
/** An outage that lasts longer counts against the shops after all, so that every run ends. */
const OUTAGE_PATIENCE_MS = 10 * 60_000;
/** Different shops in a row for which Shopify does not know the app before the app itself is in doubt: one alone may be new, or closed. */
const SHOPS_FOR_APP = 3;

/**
 * What an answer says about the platform, whatever it says about the shop. `throttled`: 429. `broken`: 5xx, no answer, or an unreadable
 * one. `app refused`: Shopify does not know the app. `answered`: everything else; Shopify works.
 */
type Kind = "answered" | "throttled" | "broken" | "app refused";

function signalOf(answer: TokenAnswer | ProbeAnswer): { kind: Kind; waitMs?: number } {
  const verdict = answer.kind === "refused" && "verdict" in answer ? answer.verdict : answer;
  if (verdict.kind === "configuration") return { kind: "app refused" };
  if (verdict.kind !== "transient") return { kind: "answered" };
  const { reason, retryAfterMs } = verdict;
  if (reason === "throttled") return { kind: "throttled", waitMs: retryAfterMs ?? DEFAULT_RETRY_AFTER_MS };
  // A verdict of the Admin API does not say whether an answer was lost: one that is not throttled was.
  return { kind: "lost" in verdict && !verdict.lost ? "answered" : "broken", waitMs: retryAfterMs };
}

/**
 * Tells one shop's trouble from the platform's, by how many different shops meet the same.
 * @param now milliseconds, monotonic.
 */
export function createPlatformTrouble(now: () => number) {
  let latest: { shop: string; kind: Kind; isAsked: boolean }[] = [];
  let limitMetAt = -Infinity;
  let workedAt = now();
  const shopsIn = (answers: typeof latest) => new Set(answers.map(({ shop }) => shop)).size;
  const since = (ends: (kind: Kind) => boolean) => latest.slice(latest.findLastIndex(({ kind }) => ends(kind)) + 1);
  const brokenInARow = () => shopsIn(since((kind) => kind !== "broken"));
  const isDown = () => brokenInARow() >= SHOPS_FOR_OUTAGE;

  return {
    /** Different shops in a row that got no answer. */
    brokenInARow,
    isDown,
    appRefused: () =>
      shopsIn(since((kind) => kind === "answered").filter(({ kind }) => kind === "app refused")) >= SHOPS_FOR_APP,
    /**
     * Takes note of an answer.
     * @param tries how often the shop failed before for reasons of its own: such a shop says nothing about the others.
     * @returns `isForAll`: it concerns all shops, and says nothing about this one. `holdMs`: all calls wait this long, because the wait
     * is for all, or because it is a shop's first short one, which may be; a short wait costs the others little.
     */
    note(shop: string, tries: number, answer: TokenAnswer | ProbeAnswer) {
      const { kind, waitMs } = signalOf(answer);
      const isAsked = waitMs !== undefined && tries === 0;
      latest = [...latest, { shop, kind, isAsked }].slice(-REMEMBERED);
      if (kind !== "broken") workedAt = now();
      const isBelieved =
        shopsIn(latest.filter((one) => one.isAsked)) >= SHOPS_FOR_LIMIT || now() - limitMetAt <= LIMIT_BELIEVED_MS;
      const isLimit = isAsked && isBelieved;
      if (isLimit) limitMetAt = now();
      const isOutage = kind === "broken" && tries === 0 && isDown() && now() - workedAt < OUTAGE_PATIENCE_MS;
      const isShort = kind === "throttled" && waitMs! <= SHORT_WAIT_MS && (isAsked || isBelieved);
      return { kind, isLimit, isForAll: isLimit || isOutage, holdMs: isLimit || isShort ? waitMs : undefined };
    },
  };
}
