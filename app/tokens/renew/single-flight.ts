import type { TokenContext } from "../context.ts";

/**
 * Callers of one process that want the same thing at the same time share one run, its result and its error.
 * @param key shop and purpose; whatever changes what is done must be part of it.
 */
export function singleFlight<T>(
  ctx: TokenContext,
  key: string,
  run: () => Promise<T>,
): { shared: boolean; result: Promise<T> } {
  const underWay = ctx.flights.get(key) as Promise<T> | undefined;
  if (underWay) return { shared: true, result: underWay };
  const result = run().finally(() => ctx.flights.delete(key));
  ctx.flights.set(key, result);
  return { shared: false, result };
}
