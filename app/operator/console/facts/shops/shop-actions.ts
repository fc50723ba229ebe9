import type { ShopFacts } from "./read-shop.server.ts";

type ShopActionName = "refresh" | "migrate" | "reconcile";

export interface ShopAction {
  name: ShopActionName;
  label: string;
  /** What it does, in a sentence. */
  words: string;
}

/** What an operator may do for a shop without harm. What cannot be undone is asked about first. */
export function shopActions({
  token,
  state,
  answerLostAt,
}: Pick<ShopFacts, "token" | "state" | "answerLostAt">): ShopAction[] {
  const actions: ShopAction[] = [];
  const hasPair = token.status === "fresh" || token.status === "expiring" || token.status === "expired";
  if (hasPair)
    actions.push({
      name: "refresh",
      label: "Refresh now",
      words: "Proves that the chain lives; its 90 days begin anew.",
    });
  if (token.status === "permanent") {
    actions.push({
      name: "migrate",
      label: state === "permanent" ? "Migrate this store" : "Try the migration again",
      words: "Exchanges its permanent token, which cannot be undone.",
    });
  }
  if ((hasPair || token.status === "permanent") && answerLostAt !== null) {
    actions.push({
      name: "reconcile",
      label: "Find out now",
      words: "Asks Shopify again with the stored token, as the app does within ten minutes.",
    });
  }
  return actions;
}
