import type { AppJobContext } from "../queue/job-types.ts";
import { keepAliveDelays, keepAliveDueAgeMs, type KeepAliveSpread } from "./keep-alive-timing.ts";
import type { ShopDomain } from "../../infra/shop-domain.ts";
import { shopsOfRows } from "./shops-of-rows.ts";

/** Into how many steps the window is divided; a day each. */
const STEPS = 10;

/**
 * One planning pass: takes the most urgent page of the shops whose chain grows old and enqueues those whose turn it is, each at its
 * own moment of the pass. A shop that any request has refreshed meanwhile is not old, and not found.
 *
 * A pair's age is only known to be over `fromAgeMs`, so the shop's own due age is checked by asking for older ones: one query for
 * each step of the window, the oldest first.
 */
export async function planKeepAlive(
  { tokens, enqueueAll, clock, log }: Pick<AppJobContext, "tokens" | "enqueueAll" | "clock" | "log">,
  spread: KeepAliveSpread,
) {
  const now = clock();
  const due = new Set<ShopDomain>();
  for (let step = STEPS; step >= 1 && due.size < spread.perPass; step--) {
    const ageMs = spread.fromAgeMs + (spread.windowMs * step) / STEPS;
    const found = await tokens.shopsToKeepAlive(new Date(now - ageMs), spread.perPass);
    for (const shop of shopsOfRows(found, log)) {
      if (due.size < spread.perPass && keepAliveDueAgeMs(shop, spread) <= ageMs) due.add(shop);
    }
  }
  const entries = keepAliveDelays([...due], spread).map(({ shop, afterSeconds }) => ({
    shop,
    afterSeconds: spread.beginsAfterSeconds + afterSeconds,
  }));
  await enqueueAll("keep-alive", entries);
  if (entries.length > 0) log.info({ shops: entries.length }, "refreshes are planned for chains that grow old");
}
