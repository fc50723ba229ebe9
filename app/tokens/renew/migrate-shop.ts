import { InvalidShopError, type Session } from "@shopify/shopify-api";
import type { TokenCallGate } from "../answer.ts";
import type { RunTrace } from "./ask-for-pair.ts";
import type { TokenContext } from "../context.ts";
import {
  ConfigurationError,
  IncompletePairError,
  NotPermanentError,
  ReauthorizationRequiredError,
  StorageUnfitError,
  SuspendedError,
  TokenError,
  TransientError,
} from "../errors.ts";
import { markSuspended } from "./mark-shop.ts";
import { PERMANENT_TOKEN_PREDICATE } from "../records/permanent-token.ts";
import { probeToken } from "../shopify/probe-token.ts";
import { readLife } from "../records/read-life.ts";
import { keepsOthers } from "../storage/find-storage-problem.ts";
import { renewSession, type RenewOptions } from "./renew-session.ts";
import type { MigrateOutcome } from "../types.ts";

/** `verify`: prove the new token with one cheap Admin call. */
type MigrateOptions = Pick<RenewOptions, "signal" | "retries" | "leaseWaitMs" | "gate"> & { verify?: boolean };
type Ending = Omit<MigrateOutcome, "shop" | "attempts">;

const ALREADY_EXPIRING = done("already_expiring", "already_expiring", "the shop has an expiring token already");
/** Renaming or deleting such a row could take away another program's token: that is for a person to decide. */
const FOREIGN_SESSION = failed(
  "foreign_session",
  "the row is not the offline session of a shop (its id must be offline_<shop>), so this app never uses it; see the runbook",
);
const DEAD = "Shopify refuses the stored token for good; the merchant's next visit heals it";
const NOT_EXCHANGEABLE =
  "Shopify accepts this token but does not exchange it: as a rule it is another app's, in a table that both use; see the runbook";

/** Both by the partial index on `lower("shop")`. */
const PERMANENT_SESSIONS_OF_SHOP = `SELECT 1 FROM "Session" WHERE lower("shop") = $1 AND ${PERMANENT_TOKEN_PREDICATE} LIMIT 1`;
const RENAME_ODD_CASE = `
  UPDATE "Session" SET "id" = $2, "shop" = $1 WHERE NOT EXISTS (SELECT FROM "Session" WHERE "id" = $2) AND "id" = (
    SELECT "id" FROM "Session" WHERE lower("shop") = $1 AND lower("id") = $2 AND ${PERMANENT_TOKEN_PREDICATE} ORDER BY "id" LIMIT 1)`;

/**
 * Exchanges one shop's permanent token for a pair, and says how it ended. Safe to repeat: after a lost answer the same permanent
 * token gives the same pair for seven days (Shopify changelog 2026-09-29).
 * @throws ConfigurationError, StorageUnfitError: the whole run must stop. Where the database keeps other shops' pairs, the outcome is `storage_unfit` instead. Errors of the database and of an aborted signal pass as they are.
 */
export async function migrateShop(
  ctx: TokenContext,
  shop: string,
  options: MigrateOptions = {},
): Promise<MigrateOutcome> {
  const trace: RunTrace = { calls: 0 };
  const ending = await migrate(ctx, shop, options, trace);
  return { shop, ...ending, attempts: trace.calls };
}

async function migrate(ctx: TokenContext, shop: string, options: MigrateOptions, trace: RunTrace): Promise<Ending> {
  if (ctx.phase === "legacy")
    return failed("flow_not_ready", "token exchange is off: a pair would not be looked after");
  let session: Session;
  try {
    session = await renewSession(ctx, shop, { ...options, trace, migrate: true, impatient: true });
  } catch (error) {
    const isMissing = error instanceof NotPermanentError && error.status === "missing";
    if (isMissing && (await adoptOddCase(ctx, shop))) return migrate(ctx, shop, options, trace);
    const isExpiring = error instanceof NotPermanentError && /^(fresh|expiring|expired)$/.test(error.status);
    return isExpiring ? endingOfExpiring(ctx, shop, options) : endingOf(ctx, shop, error);
  }
  if (!trace.stored) return endingOfExpiring(ctx, shop, options);
  return options.verify ? verified(ctx, session, options.gate) : done("migrated", "migrated", "a pair is stored");
}

/** Its pair was stored by a merchant's visit, or by this run before it was interrupted: its proof may be missing. */
async function endingOfExpiring(ctx: TokenContext, shop: string, { verify, gate }: MigrateOptions): Promise<Ending> {
  if (!verify) return ALREADY_EXPIRING;
  const ending = await renewSession(ctx, shop, { gate, retries: 0 }).then(
    (session) => verified(ctx, session, gate),
    (error: unknown) => (error instanceof TokenError ? endingOf(ctx, shop, error) : notVerified()),
  );
  if (ending.outcome !== "migrated") return ending;
  return ending.code.startsWith("stored_not_") ? { ...ending, outcome: "already_expiring" } : ALREADY_EXPIRING;
}

/**
 * An offline session under the shop's name in other letters is one that this app never finds. Where the shop has none of its own, it
 * is given the name under which it is looked for.
 */
async function adoptOddCase(ctx: TokenContext, shop: string): Promise<boolean> {
  const renamed = await ctx.db.execute({ text: RENAME_ODD_CASE, values: [shop, ctx.api.session.getOfflineId(shop)] });
  return renamed > 0;
}

/** Nothing was there to migrate. */
async function endingOfOther(ctx: TokenContext, shop: string, { status, reason }: NotPermanentError): Promise<Ending> {
  switch (status) {
    case "custom_app":
      return done("custom_app", reason, "this app's distribution (APP_DISTRIBUTION) is exempt: left as it is");
    case "placeholder":
      return done("placeholder", reason, "the row holds no token; the merchant's next visit fills it");
    case "missing":
      return endingWithoutSession(ctx, shop);
    case "dead":
      return endingOfDeadToken(ctx, shop, reason);
    default:
      return ALREADY_EXPIRING;
  }
}

/**
 * One Admin call with the new token. A token that is refused is replaced once, as for any other caller, and the new one has to be accepted.
 * @param acceptedAs the code of a pair that is accepted.
 */
async function verified(
  ctx: TokenContext,
  session: Session,
  gate: TokenCallGate = (call) => call(),
  acceptedAs: "verified" | "verified_after_refresh" = "verified",
): Promise<Ending> {
  // A gate that lets nothing through now takes the proof, not the pair.
  const verdict = await gate(() => probeToken(ctx, session)).catch(() => ({ kind: "not_asked" }) as const);
  switch (verdict.kind) {
    case "accepted":
      return done("migrated", acceptedAs, "a pair is stored, and the Admin API accepts it");
    case "suspended":
      await markSuspended(ctx, session.shop, verdict.reason);
      return done("migrated", "stored_while_suspended", `a pair is stored; the shop is ${verdict.reason} for now`);
    case "unauthorized":
      break;
    default:
      return notVerified();
  }
  if (acceptedAs === "verified_after_refresh")
    return done("migrated", "stored_not_accepted", "a pair is stored; the Admin API refuses it, also after a refresh");
  let refreshed: Session;
  try {
    refreshed = await renewSession(ctx, session.shop, { replace: session.accessToken, gate, retries: 0 });
  } catch (error) {
    return error instanceof TokenError ? endingOf(ctx, session.shop, error) : notVerified();
  }
  return verified(ctx, refreshed, gate, "verified_after_refresh");
}

function notVerified(): Ending {
  return done("migrated", "stored_not_verified", "a pair is stored; the Admin API could not be asked now");
}

async function endingOf(ctx: TokenContext, shop: string, error: unknown): Promise<Ending> {
  if (error instanceof NotPermanentError) return endingOfOther(ctx, shop, error);
  if (error instanceof InvalidShopError) return FOREIGN_SESSION;
  if (error instanceof StorageUnfitError && (await keepsOthers(ctx, error.metAt, error.problem)))
    return endingOfRefusedRow(shop, error);
  if (!(error instanceof TokenError) || error instanceof ConfigurationError || error instanceof StorageUnfitError)
    throw error;
  if (error instanceof ReauthorizationRequiredError) {
    return error.reason === "not_exchangeable"
      ? done("not_exchangeable", error.reason, NOT_EXCHANGEABLE, { cause: error })
      : { ...(await endingOfDeadToken(ctx, shop, error.reason)), cause: error };
  }
  if (error instanceof SuspendedError) {
    const message = `the shop is ${error.reason} for now; its token is kept`;
    return done("suspended", error.reason, message, { retryable: true, cause: error });
  }
  const retryAfterMs = error instanceof TransientError ? error.retryAfterMs : undefined;
  const retryable = error instanceof TransientError || error instanceof IncompletePairError;
  return failed(error.reason, error.message, { retryable, retryAfterMs, cause: error });
}

async function endingOfDeadToken(ctx: TokenContext, shop: string, reason: string): Promise<Ending> {
  if (reason === "app_not_installed") return done("uninstalled", reason, "Shopify says that the app is not installed");
  return (await wasUninstalled(ctx, shop))
    ? done("uninstalled", "uninstalled", "the app was uninstalled; its tokens ended then")
    : done("needs_reauthorization", reason, DEAD);
}

async function endingWithoutSession(ctx: TokenContext, shop: string): Promise<Ending> {
  const [foreign] = await ctx.db.query<object[]>({ text: PERMANENT_SESSIONS_OF_SHOP, values: [shop] });
  if (foreign) return FOREIGN_SESSION;
  return (await wasUninstalled(ctx, shop))
    ? done("uninstalled", "uninstalled", "the app was uninstalled")
    : done("needs_reauthorization", "no_session", "the shop has no offline session");
}

/** The database keeps other shops' pairs: no reason to hold them up. */
function endingOfRefusedRow(shop: string, error: StorageUnfitError): Ending {
  const { what, remedy } = error.problem;
  const [code, message] =
    error.metAt === shop
      ? [
          "storage_unfit",
          `The database would not keep a new token of this shop, while it takes others: ${what}. ${remedy}`,
        ]
      : ["storage_in_doubt", "another shop's pair was not stored meanwhile; what it met is that row's own"];
  return failed(code, message, { retryable: true, cause: error });
}

async function wasUninstalled(ctx: TokenContext, shop: string): Promise<boolean> {
  return (await readLife(ctx, shop)).uninstalledAt !== undefined;
}

function done(outcome: MigrateOutcome["outcome"], code: string, message: string, more: Partial<Ending> = {}): Ending {
  return { outcome, code, message, retryable: false, ...more };
}

function failed(code: string, message: string, more?: Partial<Ending>): Ending {
  return done("failed", code, message, more);
}
