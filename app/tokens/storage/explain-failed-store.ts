import type { TokenContext } from "../context.ts";
import { StorageUnfitError } from "../errors.ts";
import { adoptUnderLease } from "./adopt-unstored.ts";
import { proveStorage } from "./prove-storage.ts";

/**
 * A proof held, and the store after it failed for good. Where the proof fails by now, it sees what is wrong, and the proof on each
 * shop's own row decides. Where it still holds it is blind to the cause: then nothing is exchanged until the pair of that shop, which
 * lies in the emergency record, is stored itself.
 * @param shop about to be exchanged.
 * @throws what the store failed with.
 */
export async function explainFailedStore(ctx: TokenContext, shop: string): Promise<void> {
  const { failed } = ctx.storage;
  if (!failed || failed.shop === shop) return;
  if (await isProofSeeing(ctx, failed.shop)) return;
  try {
    await adoptUnderLease(ctx, failed.shop);
  } catch (error) {
    throw error instanceof StorageUnfitError ? error : failed.error;
  }
  if (ctx.storage.failed === failed) ctx.storage.failed = undefined;
}

async function isProofSeeing(ctx: TokenContext, shop: string): Promise<boolean> {
  try {
    await proveStorage(ctx, shop);
    return false;
  } catch (error) {
    if (error instanceof StorageUnfitError) return true;
    throw error;
  }
}
