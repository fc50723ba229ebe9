/**
 * What a code means, in a sentence for a person who supports merchants. The codes and their remedies: docs/runbook.md.
 */
const WORDS: Record<string, string> = {
  // Permanent tokens that Shopify does not exchange.
  foreign_session: "The row is not the offline session of a shop, so the app has never used it.",
  not_exchangeable: "Shopify accepts this token but does not exchange it: as a rule it is another app's.",
  unreachable: "Shopify served this store in neither of the last two runs. The app tries again by itself.",
  permanent_token_spent:
    "Shopify does not know this token any more: the app was uninstalled, or another system exchanged it.",
  permanent_token_not_accepted: "Shopify does not take permanent tokens of this app any more.",
  // Shops that Shopify does not serve for now.
  frozen: "The store's plan is not paid, so Shopify has frozen it. The app tries again by itself.",
  locked: "Shopify has locked the store for now. The app tries again by itself.",
  closed: "Shopify finds no such store. The app tries again by itself, now and then.",
  suspended: "Shopify does not serve the store for now. The app tries again by itself.",
  paused: "The store is paused. The app tries again by itself.",
  // The app is gone.
  uninstalled: "The merchant has uninstalled the app. Its next installation brings a new token.",
  app_not_installed: "Shopify says that the app is not installed in this store.",
  // Chains.
  refresh_token_expired: "The refresh token was not used for 90 days. The merchant's next visit brings a new one.",
  refresh_token_refused: "Shopify refuses the refresh token: the app was uninstalled, or the token was used elsewhere.",
  invalid_subject_token: "Shopify would not exchange the token.",
  unauthorized: "The Admin API refuses the token.",
  no_session: "The store has no offline session. The merchant's next visit brings one.",
  empty_access_token: "The row holds no token. The merchant's next visit fills it.",
  key_lost:
    "The token was given up because the key that sealed it is lost. The merchant's next visit brings a new one.",
  placeholder: "The row holds no token. The merchant's next visit fills it.",
  needs_reauthorization: "Shopify refuses the stored token for good. The merchant's next visit heals it.",
  // Trouble that passes.
  application_cannot_be_found:
    "Shopify did not know the app for this store. The store may be new or closed; try again later.",
  invalid_client: "Shopify did not know the app for this store. The store may be new or closed; try again later.",
  timeout: "Shopify did not answer in time. Try again later.",
  network: "Shopify could not be reached. Try again later.",
  throttled: "Shopify asked to wait. Try again later.",
  retry_after: "Shopify asked to wait. Try again later.",
  lease_busy: "Another process was at work on this store. Try again in a minute.",
  interrupted: "The app was stopped in the middle. Try again.",
  broken_answer: "Shopify's answer was not complete. Try again later.",
  error_in_success: "Shopify's answer held an error. Try again later.",
  redirected: "Shopify's answer led elsewhere, and was not followed. Try again later.",
  admin_api_not_found:
    "The Admin API was not found: its version may be mistyped or gone. Nothing is wrong with the store.",
  unauthorized_client: "Shopify does not let this app use the store's token endpoint.",
  internal_error: "The app itself failed; its log says why.",
  flow_not_ready: "Token exchange is off, so a migrated store could not be served.",
  // What went well.
  refreshed: "The token was refreshed: the chain lives, and its 90 days begin anew.",
  reconciled: "Shopify was asked again with the stored token; what is known now is below.",
  migrated: "The store has an expiring token now.",
  verified: "The store has an expiring token now, and the Admin API accepts it.",
  verified_after_refresh: "The store has an expiring token now; it was refreshed once to be accepted.",
  stored_while_suspended: "The store has an expiring token now; Shopify does not serve the store for now.",
  stored_not_verified: "The store has an expiring token now; the Admin API could not be asked just then.",
  stored_not_accepted:
    "The store has an expiring token now, but the Admin API refuses it: look at the store before going on.",
  already_expiring: "The store had an expiring token already.",
  exempt_distribution: "This app's distribution may keep permanent tokens.",
};

/** A code in words; a code that has none is named. */
export function reasonWords(code: string): string {
  const known = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
  if (known) return known;
  if (/^http_5\d\d$/.test(code)) return "Shopify answered with an error of its own. Try again later.";
  if (code.startsWith("missing_")) return "Shopify's answer was not complete. Try again later.";
  return code === "" ? "No reason is on record." : `Shopify or the app said “${code.slice(0, 80)}”; see the runbook.`;
}

/** An outcome of a migration in two or three words. */
export function outcomeWords(outcome: string): string {
  return OUTCOMES[outcome] ?? outcome.replaceAll("_", " ");
}

export const OUTCOMES: Record<string, string> = {
  migrated: "Migrated",
  already_expiring: "Was expiring already",
  needs_reauthorization: "Needs its merchant",
  uninstalled: "Uninstalled",
  suspended: "Paused by Shopify",
  placeholder: "Without a token",
  not_exchangeable: "Not exchangeable",
  custom_app: "Exempt",
  failed: "Failed",
  claimed: "At work",
  waiting: "To be tried again",
};
