import {
  ConfigurationError,
  ReauthorizationRequiredError,
  StorageUnfitError,
  SuspendedError,
  TokenError,
  TransientError,
  UnreadableTokenError,
} from "../../tokens/errors.ts";
import { InvalidJobPayloadError } from "./job-payload.ts";

/** What becomes of a job whose handler threw. */
export type JobVerdict =
  /** Waits in ParkedJob for the shop's next pair; `retry` says whether it is also tried again after a while. No retry is burnt. */
  | { verdict: "park"; reason: "needs_reauthorization" | "suspended"; code: string }
  /** Put off; no retry is burnt. */
  | { verdict: "postpone"; code: string; retryAfterMs: number | undefined }
  /** Retried with backoff, then a dead letter. */
  | { verdict: "fail"; code: string }
  /** A dead letter at once: it can never succeed. */
  | { verdict: "bury"; code: string };

/**
 * Judges what a handler threw. A final answer about the shop parks the job, a passing trouble puts it off; only errors of our own
 * cost retries. A refused client secret says nothing about any shop: the job waits for the operator like for an outage.
 */
export function judgeJobError(error: unknown): JobVerdict {
  if (error instanceof ReauthorizationRequiredError) {
    return { verdict: "park", reason: "needs_reauthorization", code: error.reason };
  }
  if (error instanceof SuspendedError) return { verdict: "park", reason: "suspended", code: error.reason };
  if (error instanceof TransientError) {
    return { verdict: "postpone", code: error.reason, retryAfterMs: error.retryAfterMs };
  }
  if (
    error instanceof ConfigurationError ||
    error instanceof StorageUnfitError ||
    error instanceof UnreadableTokenError
  )
    return { verdict: "postpone", code: error.code, retryAfterMs: undefined };
  if (error instanceof InvalidJobPayloadError) return { verdict: "bury", code: error.code };
  if (error instanceof TokenError) return { verdict: "fail", code: `${error.code}:${error.reason}` };
  return { verdict: "fail", code: error instanceof Error ? error.name : "unknown" };
}
