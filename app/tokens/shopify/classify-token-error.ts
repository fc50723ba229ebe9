import { HttpResponseError, HttpThrottlingError, InvalidJwtError } from "@shopify/shopify-api";
import type { TokenVerdict } from "../answer.ts";
import { findHeader, retryAfterMs } from "./retry-after.ts";
import type { Grant } from "./token-endpoint.ts";

const CONFIGURATION_ERRORS = new Set(["application_cannot_be_found", "invalid_client", "unauthorized_client"]);

/** Statuses that say something about the shop, not about the token (Shopify API response codes). */
const SUSPENSIONS: Record<number, string> = { 402: "frozen", 404: "closed", 423: "locked" };

/**
 * Judges what `sendTokenRequest` threw. Pure. Whatever is not known to be final is transient: nothing may be lost or marked dead
 * because of an answer nobody has seen before.
 * @param now milliseconds since the epoch, for a `Retry-After` that is a date.
 */
export function classifyTokenError(error: unknown, grant: Grant, now: number): TokenVerdict {
  if (error instanceof InvalidJwtError) return { kind: "invalid_id_token", reason: "invalid_jwt" };
  if (!(error instanceof HttpResponseError)) return { kind: "transient", reason: networkReason(error), lost: true };

  const { code: status, headers } = error.response;
  const { oauthError, description } = readBody(error.response.body);
  const wait = retryAfterMs(retryAfterOf(error) ?? findHeader(headers, "Retry-After"), now);

  if (status === 429) return { kind: "transient", reason: "throttled", lost: false, retryAfterMs: wait };
  if (status >= 500) return { kind: "transient", reason: `http_${status}`, lost: true, retryAfterMs: wait };
  if (oauthError && CONFIGURATION_ERRORS.has(oauthError)) return { kind: "configuration", reason: oauthError };
  const suspension = SUSPENSIONS[status];
  if (suspension) return { kind: "suspended", reason: suspension };
  if (grant === "refresh" && isRefreshRefused(status, oauthError, description)) {
    return { kind: "final", reason: "refresh_token_refused" };
  }
  if (oauthError === "invalid_subject_token") {
    if (grant === "exchange") return { kind: "invalid_id_token", reason: oauthError };
    if (grant === "migrate") return { kind: "ambiguous_subject_token", reason: oauthError };
  }
  return { kind: "transient", reason: `unexpected_${status}`, lost: false, retryAfterMs: wait };
}

/** 401 `invalid_request` in Shopify's own words, also as text of an HTML page; 400 `invalid_grant` in older reports. */
function isRefreshRefused(status: number, oauthError: string | undefined, description: string): boolean {
  if (oauthError === "invalid_grant") return true;
  return (status === 401 || status === 400) && /active refresh[_ ]token/i.test(description);
}

function readBody(body: unknown): { oauthError?: string; description: string } {
  if (typeof body !== "object" || body === null) return { description: String(body ?? "") };
  const { error, error_description: description } = body as { error?: unknown; error_description?: unknown };
  return {
    oauthError: typeof error === "string" ? error : undefined,
    description: typeof description === "string" ? description : "",
  };
}

/** The library keeps it outside the headers, in seconds. */
function retryAfterOf(error: HttpResponseError): number | undefined {
  return error instanceof HttpThrottlingError ? error.response.retryAfter : undefined;
}

function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return "network";
  if (error.name === "TimeoutError" || error.name === "AbortError") return "timeout";
  // A success whose body broke off: the answer is lost, not the pair.
  if (error instanceof SyntaxError) return "broken_answer";
  return "network";
}
