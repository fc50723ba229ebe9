import { HttpResponseError, InvalidJwtError } from "@shopify/shopify-api";
import type { TokenVerdict } from "../../answer.ts";
import { reasonOf, type Observed } from "./answer-rule.ts";
import { retryAfterOf } from "./retry-after.ts";
import { findTokenAnswer } from "./token-answers.ts";
import type { Grant } from "../token-endpoint.ts";

/**
 * Judges what `sendTokenRequest` threw. Pure. An answer that no row of the table knows is transient: nothing may be lost or marked
 * dead because of it.
 * @param now milliseconds since the epoch, for a `Retry-After` that is a date.
 */
export function classifyTokenError(error: unknown, grant: Grant, now: number): TokenVerdict {
  const observed = observe(error);
  const rule = findTokenAnswer(observed, grant);
  const reason = reasonOf(rule, observed);
  if (rule.kind !== "transient") return { kind: rule.kind, reason };
  return { kind: rule.kind, reason, lost: rule.lost ?? false, retryAfterMs: retryAfterOf(error, now) };
}

function observe(error: unknown): Observed {
  if (error instanceof InvalidJwtError) return { failure: "invalid_jwt", text: "" };
  if (error instanceof HttpResponseError) return { status: error.response.code, ...readBody(error.response.body) };
  return { failure: failureOf(error), text: "" };
}

/** As JSON, or in the words of Shopify's error page, which `createShopifyFetch` hands on as `error_description`. */
function readBody(body: unknown): { error?: string; text: string } {
  if (typeof body !== "object" || body === null) return { text: String(body ?? "") };
  const { error, error_description: description } = body as { error?: unknown; error_description?: unknown };
  const text = typeof description === "string" ? description : "";
  if (error === "not_json") return { error: /\bOauth error ([a-z_]+)/i.exec(text)?.[1], text };
  return { error: typeof error === "string" ? error : undefined, text };
}

function failureOf(error: unknown): Observed["failure"] {
  if (!(error instanceof Error)) return "network";
  if (error.name === "TimeoutError" || error.name === "AbortError") return "timeout";
  // A success whose body broke off: the answer is lost, not the pair.
  return error instanceof SyntaxError ? "broken_answer" : "network";
}
