import type { Claim } from "./claim-shops.ts";
import type { MigrationOptions } from "../types.ts";

/** Without waves, this many shops stand for the first wave. */
const FIRST_SHOPS = 100;
const ONE_IN = 50;

/** Whether a shop's new pair is proven with one Admin call: every shop, one in fifty, or by default the first wave and then one in fifty. */
export function isVerified(options: Pick<MigrationOptions, "verify" | "waves">, { wave, ordinal }: Claim): boolean {
  const isSampled = ordinal !== undefined && ordinal % ONE_IN === 0;
  switch (options.verify) {
    case "all":
      return true;
    case "none":
      return false;
    case "sample":
      return isSampled;
    case "auto":
      if (options.waves) return wave === 0 || isSampled;
      return isSampled || (ordinal ?? 0) < FIRST_SHOPS;
  }
}
