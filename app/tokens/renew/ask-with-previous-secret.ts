import type { TokenAnswer, TokenCallGate } from "../answer.ts";
import type { TokenContext } from "../context.ts";
import type { TokenRequest } from "../shopify/token-endpoint.ts";
import { askForPair, type AskOptions } from "./ask-for-pair.ts";
import type { Lease } from "./lease.ts";

/**
 * Asks again, during a rotation of the client secret, with the credentials of before: a permanent token that was spent by a call whose answer was
 * lost brings the same pair for seven days, but only to the credentials that asked first.
 * @param refused what the current credentials were answered.
 * @returns the pair, or an answer that decides nothing yet; else `refused`, the same object.
 * @see https://shopify.dev/changelog/more-resilient-token-exchanges-when-migrating-tokens-without-a-user-session
 */
export async function askWithPreviousSecret(
  ctx: TokenContext,
  lease: Lease,
  request: TokenRequest & { grant: "migrate" },
  refused: TokenAnswer,
  options: AskOptions,
): Promise<TokenAnswer> {
  if (!ctx.previousApi) return refused;
  // Whether Shopify still knows the previous secret says nothing about the app: a gate must not hear of it.
  const decisive = (answer: TokenAnswer): TokenAnswer =>
    answer.kind === "refused" && answer.verdict.kind !== "transient" ? refused : answer;
  const { gate } = options;
  const judged: TokenCallGate | undefined =
    gate && ((call) => gate(async () => decisive((await call()) as TokenAnswer) as Awaited<ReturnType<typeof call>>));
  const answer = await askForPair(ctx, lease, { ...request, withPrevious: true }, { ...options, gate: judged });
  return decisive(answer);
}
