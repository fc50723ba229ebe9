import type { AppJobContext } from "../queue/job-types.ts";
import { shopsOfRows } from "./shops-of-rows.ts";

/** Shops taken up in one pass; the next pass finds the rest. */
const PER_PASS = 500;

/**
 * Enqueues a reconciliation of every shop whose last call to Shopify has an unknown outcome: its caller died, or gave up waiting. Shopify
 * accepts the stored token again for days; this makes sure that the question is asked in time, also for
 * shops whose merchant never comes by. Before that, pairs of the emergency record are stored where the database takes them by now.
 */
export async function reconcileShops({
  tokens,
  enqueueAll,
  log,
}: Pick<AppJobContext, "tokens" | "enqueueAll" | "log">): Promise<void> {
  await tokens.adoptUnstored();
  const shops = shopsOfRows(await tokens.shopsToReconcile(PER_PASS), log);
  await enqueueAll(
    "reconcile",
    shops.map((shop) => ({ shop, afterSeconds: 0 })),
  );
  if (shops.length > 0) log.info({ shops: shops.length }, "calls to Shopify with an unknown outcome are looked into");
}
