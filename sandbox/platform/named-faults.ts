import type { Effect } from "./types.ts";

const json = (body: unknown): { text: string; contentType: string } => ({
  text: JSON.stringify(body),
  contentType: "application/json; charset=utf-8",
});

const oauthError = (status: number, error: string, description?: string): Effect => ({
  kind: "status",
  status,
  body: json(description === undefined ? { error } : { error, error_description: description }),
});

const adminError = (status: number, errors: string): Effect => ({ kind: "status", status, body: json({ errors }) });

const retryAfter = (value: string): Effect => ({
  kind: "status",
  status: 429,
  body: json({ errors: "Exceeded the rate limit of the token endpoint." }),
  headers: { "retry-after": value },
});

/** Where the `redirect` fault points; a call that arrives there carried its token along. */
export const REDIRECT_TARGET = "redirected.myshopify.com";

/** Every answer and trouble that has a name: `faults.add({ play: "app-not-installed" })`, and the choices of the control page. */
export const NAMED_FAULTS: Readonly<Record<string, { label: string; effect: Effect }>> = {
  "lost-after-commit": { label: "Answer lost after the change was made", effect: { kind: "lost-after-commit" } },
  "lost-before-commit": { label: "Connection lost before anything happened", effect: { kind: "lost-before-commit" } },
  network: { label: "Connection reset", effect: { kind: "reset" } },
  timeout: { label: "No answer", effect: { kind: "hang" } },
  slow: { label: "Slow: 2 to 4 seconds", effect: { kind: "latency", beforeMs: [2_000, 4_000] } },
  throttled: { label: "429 with Retry-After: 2", effect: { kind: "throttle", retryAfterSeconds: 2 } },
  "retry-after-day": { label: "429 with Retry-After: 86400", effect: retryAfter("86400") },
  "retry-after-negative": { label: "429 with Retry-After: -5", effect: retryAfter("-5") },
  "retry-after-date": {
    label: "429 with Retry-After as a date far away",
    effect: retryAfter("Fri, 31 Dec 2060 23:59:59 GMT"),
  },
  "retry-after-garbage": { label: "429 with Retry-After: soon", effect: retryAfter("soon") },
  "500-json": { label: "500 as JSON", effect: { kind: "status", status: 500, body: "json" } },
  "server-error": {
    label: "503 with Retry-After: 1",
    effect: { kind: "status", status: 503, body: "json", headers: { "retry-after": "1.0" } },
  },
  "502-html": { label: "502 as HTML", effect: { kind: "status", status: 502, body: "html" } },
  "520-text": { label: "520 as plain text", effect: { kind: "status", status: 520, body: "text" } },
  "html-page": { label: "200 as HTML", effect: { kind: "status", status: 200, body: "html" } },
  "truncated-json": { label: "JSON that breaks off, after the change was made", effect: { kind: "truncate" } },
  "error-in-success": {
    label: "200 with an error in it",
    effect: {
      kind: "status",
      status: 200,
      body: json({ error: "invalid_request", error_description: "Try again", errors: "Try again" }),
    },
  },
  incomplete: {
    label: "Answer without expiry and refresh token",
    effect: { kind: "omit", fields: ["expires_in", "refresh_token", "refresh_token_expires_in"] },
  },
  redirect: {
    label: "307 to another shop",
    effect: {
      kind: "status",
      status: 307,
      body: "html",
      headers: { location: `https://${REDIRECT_TARGET}/admin/oauth/access_token` },
    },
  },
  "app-not-installed": {
    label: "400 app_not_installed",
    effect: oauthError(400, "app_not_installed", "The app is not installed on this shop"),
  },
  "application-cannot-be-found": {
    label: "400 application_cannot_be_found",
    effect: oauthError(400, "application_cannot_be_found", "Could not find Shopify API application"),
  },
  "invalid-client": {
    label: "401 invalid_client",
    effect: oauthError(401, "invalid_client", "Client authentication failed"),
  },
  "unauthorized-client": { label: "400 unauthorized_client", effect: oauthError(400, "unauthorized_client") },
  "refresh-refused-401": {
    label: "401: the refresh token is not active",
    effect: oauthError(401, "invalid_request", "This request requires an active refresh_token"),
  },
  "refresh-refused-400": {
    label: "400 invalid_grant",
    effect: oauthError(400, "invalid_grant", "The provided refresh token is invalid"),
  },
  "subject-token-refused": {
    label: "400 invalid_subject_token, for a permanent token",
    effect: oauthError(400, "invalid_subject_token"),
  },
  "id-token-refused": {
    label: "400 invalid_subject_token, for an ID token",
    effect: oauthError(400, "invalid_subject_token"),
  },
  unauthorized: {
    label: "401 of the Admin API",
    effect: adminError(401, "[API] Invalid API key or access token (unrecognized login or wrong password)"),
  },
  "permanent-refused": {
    label: "403: non-expiring access tokens are no longer accepted",
    effect: adminError(
      403,
      "[API] Non-expiring access tokens are no longer accepted for the Admin API. Start using expiring offline tokens",
    ),
  },
  "missing-scope": {
    label: "403: a scope is missing",
    effect: adminError(403, "[API] This action requires merchant approval for read_products scope."),
  },
  frozen: { label: "402", effect: adminError(402, "[API] This shop's plan does not have access to this feature") },
  locked: { label: "423", effect: adminError(423, "[API] This shop is currently locked") },
  closed: { label: "404 of the token endpoint: unknown shop", effect: adminError(404, "Not Found") },
  "not-found": {
    label: "404 of the Admin API: unknown API version or shop",
    effect: adminError(404, "Not Found"),
  },
  "unknown-4xx": {
    label: "400 with an error that has no meaning yet",
    effect: oauthError(400, "something_new", "This has not been seen before"),
  },
};

/**
 * The effect of a name.
 * @throws TypeError listing the names.
 */
export function requireNamedFault(name: string): Effect {
  const named = Object.hasOwn(NAMED_FAULTS, name) ? NAMED_FAULTS[name] : undefined;
  if (!named) throw new TypeError(`No such fault: ${name}. There are ${Object.keys(NAMED_FAULTS).join(", ")}.`);
  return named.effect;
}

/** A fault in a person's words. */
export function describeEffect(effect: Effect): string {
  const named = Object.values(NAMED_FAULTS).find((one) => JSON.stringify(one.effect) === JSON.stringify(effect));
  return named?.label ?? effect.kind;
}
