import type { Logger } from "../../infra/log.server.ts";
import { ConfigurationError, type Tokens } from "../../tokens/index.ts";
import { GateClosedError, type CallGate } from "../pacing/call-gate.ts";
import type { Claim } from "./claim-shops.ts";
import { describeError } from "./describe-error.ts";
import { judgeAttempt, type PlatformSign } from "./judge-attempt.ts";
import type { Outcome } from "./record-outcomes.ts";

/** A shop whose lease somebody else has is tried again later, not waited for: a dead holder's lease stays taken for a while. */
const LEASE_WAIT_MS = 100;

/** How one attempt ended. Without a settlement nothing happened to the shop. */
export interface Attempt {
  /** Shopify did not answer, or not readably. */
  isBroken: boolean;
  settlement?: Outcome;
  /** The run must end: Shopify does not accept the app. */
  haltReason?: string;
  /** The database failed. */
  databaseError?: unknown;
}

export interface AttemptContext {
  tokens: Pick<Tokens, "migrate">;
  gate: CallGate;
  log: Logger;
  verify: boolean;
  /** Shopify is taken for down; this attempt finds out whether it still is. */
  isProbe: boolean;
  /** Whether the platform is taken for down now. */
  isDown: () => boolean;
  random?: () => number;
}

/** One attempt at one shop: through the gate, and judged. Never throws. */
export async function attemptShop(claim: Claim, context: AttemptContext): Promise<Attempt> {
  const { tokens, gate, isProbe, isDown } = context;
  const { shop, tries } = claim;
  const trip = gate.setOut(isProbe);
  let sign: PlatformSign | undefined;
  try {
    const outcome = await tokens.migrate(shop, {
      retries: 0,
      leaseWaitMs: LEASE_WAIT_MS,
      verify: context.verify,
      gate: (call) =>
        trip.pass(call, (said) => {
          sign = said;
        }),
    });
    const judged = judgeAttempt(outcome, { tries, sign, platformDown: isProbe || isDown() }, context.random);
    return { isBroken: sign === "broken", settlement: judged };
  } catch (error) {
    return { isBroken: sign === "broken", ...afterError(claim, error, context) };
  } finally {
    trip.end();
  }
}

function afterError(
  { shop, tries }: Claim,
  error: unknown,
  { log, random }: AttemptContext,
): Omit<Attempt, "isBroken"> {
  if (error instanceof GateClosedError) return {};
  if (error instanceof ConfigurationError) {
    return {
      haltReason:
        `Configuration error: Shopify does not accept this app's credentials (${error.reason}). ` +
        "Correct SHOPIFY_API_KEY and SHOPIFY_API_SECRET, then start again; no shop was marked.",
    };
  }
  const isDatabase = error instanceof Error && error.name.startsWith("PrismaClient");
  if (!isDatabase) log.error({ shop, ...describeError(error) }, "a shop could not be migrated for a reason of our own");
  const outcome = {
    shop,
    outcome: "failed" as const,
    code: isDatabase ? "interrupted" : "internal_error",
    message: isDatabase ? "the database did not answer" : "an error of the app itself; its log says more",
    retryable: true,
    attempts: 1,
  };
  // Whatever was written was written in one statement; the next attempt reads what there is.
  const settlement = judgeAttempt(outcome, { tries, sign: "answers", platformDown: false }, random);
  return { settlement, ...(isDatabase && { databaseError: error }) };
}
