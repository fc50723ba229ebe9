import { CUT_OFF_AT, EXPIRING_REQUIRED_FOR_NEW_APPS_SINCE } from "./lifetimes.ts";
import type { PlatformState } from "./state.ts";

/** Whether the Admin API refuses permanent tokens now, by the app's kind and date (changelog 2026-05-20). */
export function permanentTokensRefused(state: PlatformState): boolean {
  const { choices, app } = state;
  if (choices.enforcement !== "by-date") return choices.enforcement === "on";
  if (app.kind === "custom") return false;
  return Date.parse(app.createdAt) >= EXPIRING_REQUIRED_FOR_NEW_APPS_SINCE || state.clock.now() >= CUT_OFF_AT;
}
