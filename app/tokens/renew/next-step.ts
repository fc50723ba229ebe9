import type { Phase } from "../types.ts";
import type { TokenStatus } from "../records/token-status.ts";

export interface StepContext {
  phase: Phase;
  /** An ID token of the shop is at hand: a merchant is present. */
  idToken: boolean;
  /** The stored access token was refused by the Admin API, or must be replaced for another reason. */
  replace: boolean;
  /** The stored chain was tried and refused for good: only a new acquisition is left. */
  chainIsDead: boolean;
}

export type Step = "use" | "refresh" | "migrate" | "acquire" | "reauthorize";

interface Decision {
  step: Step;
  reason: string;
}

/**
 * What to do about a shop's token, under the lease, after reading it again. Pure, and says why.
 * A chain that may live is refreshed rather than acquired anew: a refresh can be retried after a lost answer, an acquisition
 * retires the stored chain at once (docs/platform-rules.md, tokens).
 */
export function nextStep({ status, reason }: TokenStatus, context: StepContext): Decision {
  const acquire = (why: string): Decision => ({ step: context.idToken ? "acquire" : "reauthorize", reason: why });
  if (context.chainIsDead) return acquire("chain_refused");
  switch (status) {
    case "fresh":
      return context.replace ? { step: "refresh", reason: "replace" } : { step: "use", reason };
    case "expiring":
    case "expired":
      return { step: "refresh", reason };
    case "permanent":
      return stepForPermanent(reason, context, acquire);
    case "custom_app":
      return context.replace ? acquire("custom_app_token_refused") : { step: "use", reason };
    case "dead":
    case "placeholder":
    case "missing":
      return acquire(reason);
  }
}

/** An exchange of a permanent token is irreversible: without need, only from contract on. */
function stepForPermanent(reason: string, context: StepContext, acquire: (why: string) => Decision): Decision {
  if (reason === "not_exchangeable") {
    const isWanted = context.replace || (context.phase === "contract" && context.idToken);
    return isWanted ? acquire(reason) : { step: "use", reason };
  }
  if (context.replace) return { step: "migrate", reason: "replace" };
  if (context.phase === "contract") return { step: "migrate", reason: "contract_phase" };
  // It may be over, and it may be stored wrongly: with a merchant present nothing hangs on which.
  if (reason === "expiry_passed" && context.idToken) return acquire(reason);
  return { step: "use", reason };
}
