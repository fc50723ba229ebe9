import type { Logger } from "../../infra/log/log.server.ts";
import { ConfigurationError, type MigrateOutcome, StorageUnfitError, type Tokens } from "../../tokens/index.ts";
import { GateClosedError, type CallGate } from "../pacing/call-gate.ts";
import type { StopReason } from "../run/end-run.ts";
import type { Claim } from "./claim-shops.ts";
import { isDatabaseFailure } from "../../infra/database/is-database-outage.ts";
import { describeError } from "../../infra/log/describe-error.ts";
import { judgeAttempt } from "./judge-attempt.ts";
import type { Outcome } from "./record-outcomes.ts";

/** A shop whose lease is taken is tried again later, not waited for: a dead holder's lease stays taken for a while. */
const LEASE_WAIT_MS = 100;

/** Several shops in a row were told that Shopify does not know the app, or its secret. */
export const APP_REFUSED: StopReason = {
  as: "halted",
  reason:
    "Configuration error: Shopify does not accept this app's credentials, for several shops in a row. " +
    "Correct SHOPIFY_API_KEY and SHOPIFY_API_SECRET, then start again; no shop was marked. " +
    "If they are right, all the shops that were asked are new or closed stores.",
};

const UNKNOWN_HERE =
  "Shopify does not know this app for this shop: a new or closed store, another app's row, or, when all say so, wrong credentials";
const DATABASE_DID_NOT_ANSWER =
  "the database did not answer in time; if it is this shop alone, another transaction holds its row (pg_stat_activity: idle in transaction)";

/** How one attempt ended. Without an outcome nothing happened to the shop. */
export interface Attempt {
  outcome?: Outcome;
  /** The run must end, for no reason of the shop's. */
  stop?: StopReason;
  /** The database failed. */
  databaseError?: unknown;
}

/** One attempt at one shop: through the gate, and judged. Never throws. */
export async function attemptShop(
  { shop, tries, wasGivenUp }: Claim,
  context: { tokens: Pick<Tokens, "migrate">; gate: CallGate; log: Logger; verify: boolean; random?: () => number },
): Promise<Attempt> {
  const permit = context.gate.acquire(shop, tries + (wasGivenUp ? 1 : 0));
  const judge = (outcome: MigrateOutcome, call = permit.last) => judgeAttempt(outcome, { tries, call }, context.random);
  try {
    const outcome = await context.tokens.migrate(shop, {
      retries: 0,
      leaseWaitMs: LEASE_WAIT_MS,
      verify: context.verify,
      gate: (call) => permit.run(call),
    });
    return { outcome: judge(outcome) };
  } catch (error) {
    if (error instanceof GateClosedError) return {};
    if (error instanceof ConfigurationError)
      return { outcome: afterAppRefused(judge(failed(shop, error.reason, UNKNOWN_HERE))) };
    if (error instanceof StorageUnfitError) return { stop: { as: "failed", reason: error.message } };
    // Whatever was written was written in one statement; the next attempt reads what there is. It counts, with a call or without.
    const judgeOurs = (code: string, message: string) => judge(failed(shop, code, message), { isForAll: false });
    if (isDatabaseFailure(error)) {
      return { outcome: judgeOurs("interrupted", DATABASE_DID_NOT_ANSWER), databaseError: error };
    }
    context.log.error({ shop, ...describeError(error) }, "a shop could not be migrated for a reason of our own");
    return { outcome: judgeOurs("internal_error", "an error of the app itself; its log says more") };
  } finally {
    permit.release();
  }
}

/** Until other shops have confirmed it, nothing is held against the shop: while it waits, it counts as not tried. */
function afterAppRefused(outcome: Outcome): Outcome {
  return outcome.outcome === "waiting" ? { ...outcome, code: null, message: null } : outcome;
}

function failed(shop: string, code: string, message: string): MigrateOutcome {
  return { shop, outcome: "failed", code, message, retryable: true, attempts: 1 };
}
