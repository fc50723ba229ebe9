import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "@shopify/shopify-api";
import type { TokenAnswer, TokenCallGate } from "../answer.ts";
import { classifyTokenError } from "../shopify/answers/classify-token-error.ts";
import type { TokenContext } from "../context.ts";
import { IncompletePairError } from "../errors.ts";
import type { Lease } from "./lease.ts";
import { requireStorable } from "./store-pair.ts";
import { beginTokenCall } from "../shopify/observe-call.ts";
import { sendTokenRequest, type TokenRequest } from "../shopify/token-endpoint.ts";
import { requireStillProven } from "../storage/with-proven-storage.ts";
import { CALL_TIMEOUT_MS, SHORT_RETRY_AFTER_MS } from "./timing.ts";
import type { HowStored } from "../types.ts";

const FIRST_BACKOFF_MS = 200;
const DEFAULT_RETRIES = 2;

export interface AskOptions {
  /** Calls after the first one, for transient answers. */
  retries?: number;
  signal?: AbortSignal;
  /**
   * Lets one call to Shopify pass, of the token endpoint or a probe: waits for its turn, then runs it. For callers that pace many shops. What it
   * throws instead of running the call passes as it is, and the lease is given back.
   */
  gate?: TokenCallGate;
  /** Written as it goes: what the run came to, whether it ends in a session or in an error. */
  trace?: RunTrace;
}

export interface RunTrace {
  /** Calls of the token endpoint sent. */
  calls: number;
  /** Something was stored by this run, and how it was got. */
  stored?: HowStored;
}

/**
 * Asks Shopify for a pair under a lease: sends, judges, and sends the *same* token again while the answer is transient, with
 * full jitter, or after a short `Retry-After`. Never throws for what Shopify answered.
 * @throws LeaseLostError; StorageUnfitError, TransientError when another exchange's pair could not be stored meanwhile.
 */
export async function askForPair(
  ctx: TokenContext,
  lease: Lease,
  request: TokenRequest,
  options: AskOptions = {},
): Promise<TokenAnswer> {
  const started = performance.now();
  // A merchant may be waiting: no further call once the time of one has gone by.
  const hasTime = (): boolean => !options.signal?.aborted && performance.now() - started < CALL_TIMEOUT_MS;
  const ask = async (): Promise<TokenAnswer> => {
    await lease.extendLease();
    requireStillProven(ctx, lease);
    if (options.trace) options.trace.calls++;
    const answer = await askOnce(ctx, lease.shop, request, lease.answerLostBefore || lease.answerLost);
    if (answer.kind === "refused" && answer.verdict.kind === "transient" && answer.verdict.lost)
      lease.answerLost = true;
    return answer;
  };
  const retries = options.retries ?? DEFAULT_RETRIES;
  for (let attempt = 1; ; attempt++) {
    const answer = await (options.gate ? options.gate(ask) : ask());
    const waitMs = pauseMs(attempt, answer);
    if (attempt > retries || !hasTime() || waitMs === undefined) return answer;
    await sleep(waitMs);
  }
}

async function askOnce(ctx: TokenContext, shop: string, request: TokenRequest, lost: boolean): Promise<TokenAnswer> {
  const { grant } = request;
  const finish = beginTokenCall(ctx, grant, shop);
  let session: Session;
  try {
    session = await sendTokenRequest(ctx, shop, request);
    // Every request of this folder asks for an expiring token: whatever the phase, half a pair is not an answer.
    if (!session.expires) throw new IncompletePairError(shop, "expires_in");
    requireStorable(ctx, session);
  } catch (cause) {
    if (cause instanceof IncompletePairError) {
      finish("incomplete", cause.reason);
      ctx.log.warn({ shop, grant, reason: cause.reason }, "an incomplete pair was refused");
      return { kind: "incomplete", error: cause };
    }
    const verdict = classifyTokenError(cause, grant, ctx.now());
    finish(verdict.kind, verdict.reason);
    ctx.log.info({ shop, grant, result: verdict.kind, reason: verdict.reason }, "token endpoint refused");
    return { kind: "refused", verdict, cause, afterLostAnswer: lost };
  }
  finish("ok");
  return { kind: "pair", session };
}

/** How long to wait before the same request is sent again; undefined where that is of no use, or too long. */
function pauseMs(attempt: number, answer: TokenAnswer): number | undefined {
  const jitter = Math.random() * FIRST_BACKOFF_MS * 2 ** attempt;
  if (answer.kind === "incomplete") return jitter;
  if (answer.kind === "pair" || answer.verdict.kind !== "transient") return undefined;
  const { retryAfterMs } = answer.verdict;
  if (retryAfterMs === undefined) return jitter;
  return retryAfterMs <= SHORT_RETRY_AFTER_MS ? retryAfterMs + jitter / 4 : undefined;
}
