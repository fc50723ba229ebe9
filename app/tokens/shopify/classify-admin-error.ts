import { GraphqlQueryError, HttpResponseError } from "@shopify/shopify-api";
import type { GraphqlError } from "../errors.ts";
import { findHeader, retryAfterMs } from "./retry-after.ts";

/** What an answer of the Admin API that is not data means (docs/platform-rules.md, the Admin API). */
export type AdminVerdict =
  /** 401: the access token is dead. */
  | { kind: "unauthorized" }
  /** 403 in Shopify's words for a permanent token after the cut-off. A missing scope is 403 too, in other words. */
  | { kind: "permanent_refused" }
  | { kind: "suspended"; reason: string }
  | { kind: "transient"; reason: string; retryAfterMs?: number }
  /** The query's cost is more than the shop's bucket holds now. */
  | { kind: "query_throttled"; waitMs: number }
  | { kind: "graphql"; errors: GraphqlError[] }
  | { kind: "refused"; status: number };

const SUSPENSIONS: Record<number, string> = { 402: "frozen", 404: "closed", 423: "locked" };

const PERMANENT_REFUSED = /non-expiring access tokens? (is|are) no longer accepted/i;

const DEFAULT_THROTTLE_WAIT_MS = 1_000;

/**
 * Judges what the library's GraphQL client threw.
 * @param now milliseconds since the epoch, for a `Retry-After` that is a date.
 */
export async function classifyAdminError(error: unknown, now: number): Promise<AdminVerdict> {
  if (error instanceof GraphqlQueryError) return classifyGraphqlErrors(error);
  if (!(error instanceof HttpResponseError)) return { kind: "transient", reason: "network" };
  const { code: status, headers } = error.response;
  const wait = retryAfterMs(findHeader(headers, "Retry-After"), now);
  if (status === 401) return { kind: "unauthorized" };
  if (status === 429) return { kind: "transient", reason: "throttled", retryAfterMs: wait };
  if (status >= 500) return { kind: "transient", reason: `http_${status}`, retryAfterMs: wait };
  const suspension = SUSPENSIONS[status];
  if (suspension) return { kind: "suspended", reason: suspension };
  if (status === 403 && PERMANENT_REFUSED.test(await answerText(error))) return { kind: "permanent_refused" };
  return { kind: "refused", status };
}

/** The library reads no error body: it hangs the unread response on the error. */
async function answerText(error: HttpResponseError): Promise<string> {
  const body = error.response.body as { errors?: { response?: unknown } } | undefined;
  const response = body?.errors?.response;
  if (!(response instanceof Response)) return JSON.stringify(body ?? "");
  try {
    return await response.clone().text();
  } catch {
    return "";
  }
}

interface CostExtensions {
  cost?: {
    requestedQueryCost?: number;
    throttleStatus?: { currentlyAvailable?: number; restoreRate?: number };
  };
}

function classifyGraphqlErrors(error: GraphqlQueryError): AdminVerdict {
  const body = error.body as { errors?: { graphQLErrors?: GraphqlError[] }; extensions?: CostExtensions } | undefined;
  const errors = body?.errors?.graphQLErrors ?? [{ message: error.message }];
  if (!errors.some(({ extensions }) => extensions?.code === "THROTTLED")) return { kind: "graphql", errors };
  const cost = body?.extensions?.cost;
  const missing = (cost?.requestedQueryCost ?? NaN) - (cost?.throttleStatus?.currentlyAvailable ?? NaN);
  const waitMs = Math.ceil((missing / (cost?.throttleStatus?.restoreRate ?? NaN)) * 1_000);
  return { kind: "query_throttled", waitMs: Number.isFinite(waitMs) ? Math.max(0, waitMs) : DEFAULT_THROTTLE_WAIT_MS };
}
