import type { PlatformState, ShopRecord } from "./state.ts";

export interface Suspension {
  status: number;
  errors: string;
  outcome: "frozen" | "locked" | "closed";
}

/** What a shop that is not open answers to every call (shopify.dev, response codes). */
export function suspensionOf(state: PlatformState, shop: ShopRecord): Suspension | undefined {
  switch (shop.standing) {
    case "open":
      return undefined;
    case "frozen":
      return { status: 402, errors: "[API] This shop's plan does not have access to this feature", outcome: "frozen" };
    case "locked":
      return { status: 423, errors: "[API] This shop is currently locked", outcome: "locked" };
    case "closed":
      return {
        status: state.choices.closedShopStatus,
        errors: state.choices.closedShopStatus === 404 ? "Not Found" : "Unavailable Shop",
        outcome: "closed",
      };
  }
}
