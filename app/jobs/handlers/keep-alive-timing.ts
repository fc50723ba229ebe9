import { createHash } from "node:crypto";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * How keep-alives are spread. A refresh token lives 90 days (Shopify: offline access tokens): due between day 30 and day 40 of 90, planned hourly, at most one call a second over all instances. After a bulk migration all
 * chains are equally old; the window keeps them from coming due on the same day. A million idle shops take 12 days at this rate
 * and are done by day 52.
 */
export const KEEP_ALIVE_SPREAD = {
  /** Age of a pair at which the first shops are due. */
  fromAgeMs: 30 * DAY_MS,
  /** Every shop is due this much later, at most, by its place. */
  windowMs: 10 * DAY_MS,
  /** One planning pass spreads what it found over this time. */
  passSeconds: 3_600,
  /**
   * A pass begins so much later than it is planned: every instance has looked for due jobs meanwhile, and none that waits for its next look
   * meets all that came due before it at once.
   */
  beginsAfterSeconds: 6,
  /** The most shops that one pass enqueues; with `passSeconds` this is the highest rate over all instances. */
  perPass: 3_600,
};
export type KeepAliveSpread = typeof KEEP_ALIVE_SPREAD;

/** A shop's place in every spread: 0 (included) to 1 (excluded), the same in every process and for ever. */
export function keepAlivePlace(shop: string): number {
  return createHash("sha256").update(`keep-alive:${shop}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** The age at which a shop's pair is due; milliseconds. */
export function keepAliveDueAgeMs(shop: string, spread: KeepAliveSpread): number {
  return spread.fromAgeMs + keepAlivePlace(shop) * spread.windowMs;
}

/**
 * When within the pass each shop's turn is; seconds, to the millisecond. Evenly, so that no second has more than its share: shops that fell
 * where chance puts them would be three and four in some seconds and none in others, and with whole seconds all of a second's shops
 * would begin at once. In an order of its own, which does not follow the days.
 */
export function keepAliveDelays<Shop extends string>(
  shops: readonly Shop[],
  { passSeconds }: KeepAliveSpread,
): { shop: Shop; afterSeconds: number }[] {
  const inOrder = shops
    .map((shop) => ({ shop, place: (keepAlivePlace(shop) * 9_973) % 1 }))
    .sort((a, b) => a.place - b.place);
  // A few shops are not all due at the beginning.
  const first = inOrder[0]?.place ?? 0;
  const apart = (passSeconds * 1_000) / shops.length;
  return inOrder.map(({ shop }, i) => ({ shop, afterSeconds: Math.floor((i + first) * apart) / 1_000 }));
}
