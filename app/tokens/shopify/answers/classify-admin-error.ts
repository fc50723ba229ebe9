import { GraphqlQueryError, HttpResponseError } from "@shopify/shopify-api";
import type { GraphqlError } from "../../errors.ts";
import { findAdminAnswer } from "./admin-answers.ts";
import { reasonOf, type Observed } from "./answer-rule.ts";
import { retryAfterOf } from "./retry-after.ts";

/** What an answer of the Admin API that is not data means (admin-answers.ts; for people, docs/answers.md). */
export type AdminVerdict =
  /** 401: the access token is dead. */
  | { kind: "unauthorized" }
  /** 403 in Shopify's words for a permanent token after the cut-off. A missing scope is 403 too, in other words. */
  | { kind: "permanent_refused" }
  | { kind: "suspended"; reason: string }
  /** 404: an API version that does not exist, or an unknown shop. Alone it says nothing of the shop. */
  | { kind: "not_found" }
  | { kind: "transient"; reason: string; retryAfterMs?: number }
  /** The query's cost is more than the shop's bucket holds now. */
  | { kind: "query_throttled"; waitMs: number }
  | { kind: "graphql"; errors: GraphqlError[] }
  | { kind: "refused"; status: number };

const DEFAULT_THROTTLE_WAIT_MS = 1_000;

/**
 * Judges what the library's GraphQL client threw.
 * @param now milliseconds since the epoch, for a `Retry-After` that is a date.
 */
export async function classifyAdminError(error: unknown, now: number): Promise<AdminVerdict> {
  if (error instanceof GraphqlQueryError) return classifyGraphqlErrors(error);
  const observed: Observed =
    error instanceof HttpResponseError
      ? { status: error.response.code, text: error.response.code === 403 ? await answerText(error) : "" }
      : { failure: "network", text: "" };
  const rule = findAdminAnswer(observed);
  const { kind } = rule;
  const reason = reasonOf(rule, observed);
  switch (kind) {
    case "unauthorized":
    case "permanent_refused":
    case "not_found":
      return { kind };
    case "suspended":
      return { kind, reason };
    case "refused":
      return { kind, status: observed.status! };
    case "transient":
      return { kind, reason, retryAfterMs: retryAfterOf(error, now) };
  }
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
  const body = error.body as { errors?: { graphQLErrors?: unknown }; extensions?: CostExtensions } | undefined;
  const reported = body?.errors?.graphQLErrors ?? [{ message: error.message }];
  // A 200 whose `errors` is a text, as Shopify's other errors have it, is no verdict of GraphQL's.
  if (!Array.isArray(reported)) return { kind: "transient", reason: "error_in_success" };
  const errors = reported as GraphqlError[];
  if (!errors.some(({ extensions }) => extensions?.code === "THROTTLED")) return { kind: "graphql", errors };
  const cost = body?.extensions?.cost;
  const missing = (cost?.requestedQueryCost ?? NaN) - (cost?.throttleStatus?.currentlyAvailable ?? NaN);
  const waitMs = Math.ceil((missing / (cost?.throttleStatus?.restoreRate ?? NaN)) * 1_000);
  return { kind: "query_throttled", waitMs: Number.isFinite(waitMs) ? Math.max(0, waitMs) : DEFAULT_THROTTLE_WAIT_MS };
}
