import type { TokenContext } from "../context.ts";
import { describeError } from "../errors.ts";
import { adoptUnstoredUnderLease } from "./adopt-unstored.ts";
import { shopsWithUnstored } from "./unstored-pairs.ts";

/**
 * Adopts every pair of the emergency record that can be stored by now. One shop that cannot does not keep back the others.
 * @returns how many were stored.
 */
export async function adoptAllUnstored(ctx: TokenContext): Promise<number> {
  ctx.storage.unstored = undefined;
  let adopted = 0;
  for (const shop of await shopsWithUnstored(ctx)) if (await adoptUnstoredOf(ctx, shop)) adopted++;
  return adopted;
}

/**
 * The same for one shop, when something is about to be decided about it. Never throws.
 * @returns whether a pair was stored.
 */
export async function adoptUnstoredOf(ctx: TokenContext, shop: string): Promise<boolean> {
  if (!(await shopsWithUnstored(ctx)).has(shop)) return false;
  try {
    return (await adoptUnstoredUnderLease(ctx, shop)) !== undefined;
  } catch (error) {
    ctx.log.warn({ shop, ...describeError(error) }, "a pair of the emergency record cannot be stored yet");
    return false;
  }
}
