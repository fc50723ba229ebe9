import type { Logger } from "../../infra/log/log.server.ts";
import { findShopDomain, type ShopDomain } from "../../infra/shop-domain.ts";

/** What was reported already, by this process. */
const reported = new Set<string>();
const LONGEST_SHOWN = 100;

/**
 * The shops that rows of the database name. A name that is none is passed over and reported once: it must not keep the work of the
 * others from being planned.
 */
export function shopsOfRows(names: readonly string[], log: Pick<Logger, "warn">): ShopDomain[] {
  return names.flatMap((name) => {
    const shop = findShopDomain(name);
    if (shop) return [shop];
    const shown = name.slice(0, LONGEST_SHOWN);
    if (!reported.has(shown)) {
      reported.add(shown);
      log.warn({ row: shown }, "a row names no shop of myshopify.com and is passed over by background work");
    }
    return [];
  });
}
