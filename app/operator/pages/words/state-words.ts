import type { Tone } from "../parts/badge.tsx";
import type { ListedState, ShopState } from "../../console/facts/shops/shop-filter.ts";

/** A state in two or three words. */
export const STATE_WORDS: Record<ShopState, string> = {
  permanent: "Permanent, to migrate",
  not_exchangeable: "Permanent, not exchangeable",
  unreachable: "Permanent, not reached",
  foreign: "Not a shop’s session",
  expiring: "Expiring, all well",
  ended: "Chain has ended",
  needs_reauthorization: "Needs its merchant",
  paused: "Paused by Shopify",
  uninstalled: "Uninstalled",
  empty: "Without a token",
};

export const STATE_TONES: Record<ShopState, Tone> = {
  permanent: "attention",
  not_exchangeable: "attention",
  unreachable: "attention",
  foreign: "quiet",
  expiring: "good",
  ended: "bad",
  needs_reauthorization: "bad",
  paused: "quiet",
  uninstalled: "quiet",
  empty: "quiet",
};

/** What one does about it, in a sentence, where no code says more. */
export const STATE_SENTENCES: Record<ShopState, string> = {
  permanent: "The store works. Its permanent token is still to be migrated.",
  not_exchangeable: "The store works, with a permanent token that Shopify accepts and does not exchange.",
  unreachable:
    "The store works. Two runs in a row could not exchange its permanent token; the app tries again by itself.",
  foreign: "The row is not the offline session of a shop, so the app has never used it.",
  expiring: "The store works. Its token is refreshed by the app.",
  ended:
    "Background work for the store waits: its refresh token was not used for 90 days. The merchant’s next visit heals it.",
  needs_reauthorization: "Background work for the store waits. The merchant’s next visit heals it.",
  paused: "Shopify does not serve the store for now. Its token is kept, and tried again.",
  uninstalled: "The app is not installed. Its next installation brings a new token.",
  empty: "The store has no token. The merchant’s next visit brings one.",
};

/** What a person does about it: the first thing that support asks. */
export const STATE_NEXT: Record<ShopState, string> = {
  permanent: "nothing now. The next run migrates it; you can migrate it alone.",
  not_exchangeable: "find out which app the token belongs to. If it is not this one, remove the row.",
  unreachable: "nothing, unless it stays so for days: then look into Shopify’s status of the store.",
  foreign: "remove the row, if nothing else of yours uses it.",
  expiring: "nothing.",
  ended: "ask its merchant to open the app in Shopify admin once.",
  needs_reauthorization: "ask its merchant to open the app in Shopify admin once.",
  paused: "nothing. Only its merchant can open the store again; then the app goes on by itself.",
  uninstalled: "nothing.",
  empty: "ask its merchant to open the app in Shopify admin once.",
};

/** The states that the list is filtered by. */
export const LISTED_STATE_WORDS: Record<ListedState, string> = {
  permanent: "Permanent, to migrate",
  unserved: "Permanent, not served",
  expiring: "Expiring, the most urgent first",
  needs_reauthorization: "Needs its merchant",
  paused: "Paused by Shopify",
  uninstalled: "Uninstalled",
};
