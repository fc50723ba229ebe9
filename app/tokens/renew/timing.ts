/** Every duration that the life of a token depends on, in one place. Milliseconds throughout. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * A session with less than this left is refreshed before it is used. Must exceed LIBRARY_MARGIN_MS: a session that the
 * libraries would call expired is one they would replace by themselves, without the lease.
 */
export const REFRESH_MARGIN_MS = 10 * MINUTE_MS;

/** WITHIN_MILLISECONDS_OF_EXPIRY of @shopify/shopify-app-remix 6. */
export const LIBRARY_MARGIN_MS = 5 * MINUTE_MS;

/** How long one call to Shopify may take, answer body included. */
export const CALL_TIMEOUT_MS = 10 * SECOND_MS;

/**
 * How long a holder of the lease is trusted without a renewal. A lease is renewed before a call unless it outlives the
 * call's timeout, so no call is ever in flight under a lease that has run out.
 */
export const LEASE_MS = 15 * SECOND_MS;

/**
 * How long a call may still be at work at Shopify after its answer was given up. A refusal within this may be the answer to running into it, and
 * is not believed.
 */
export const LOST_CALL_MS = 30 * SECOND_MS;

/** How long a caller waits for another holder. Longer than a lease, so that a dead holder is outlived. */
export const LEASE_WAIT_MS = 30 * SECOND_MS;

/** A `Retry-After` up to this is waited for inside the lease; a longer one is handed to the caller. */
export const SHORT_RETRY_AFTER_MS = 2 * SECOND_MS;

/** How long a shop's lease stays closed after a transient failure without `Retry-After`. */
export const COOL_DOWN_MS = SECOND_MS;

/** A lease is kept closed for a `Retry-After` up to this, so that every process honours it. */
export const LONGEST_CLOSURE_MS = 10 * MINUTE_MS;

/** A refresh token lives 90 days from its issue (Shopify: offline access tokens). */
export const REFRESH_TOKEN_LIFETIME_MS = 90 * DAY_MS;

export const FOURTEEN_DAYS_MS = 14 * DAY_MS;

/** How far the clocks of Shopify, the app and the database may disagree when the order of two events is judged by time. */
export const CLOCK_DOUBT_MS = 5 * MINUTE_MS;
