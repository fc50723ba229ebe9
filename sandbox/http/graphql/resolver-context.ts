import type { PlatformState, ShopRecord } from "../../platform/state.ts";

/** What a resolver is given besides its arguments. */
export interface ResolverContext {
  state: PlatformState;
  shop: ShopRecord;
}
