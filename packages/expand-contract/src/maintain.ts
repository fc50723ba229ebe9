import PQueue from "p-queue";
import { KEEP_ALIVE_SPREAD } from "../../../app/jobs/handlers/keep-alive-timing.ts";
import { isPairOld } from "../../../app/jobs/handlers/keep-alive.ts";
import { planKeepAlive } from "../../../app/jobs/handlers/enqueue-keep-alives.ts";
import { pruneHistory } from "../../../app/jobs/handlers/prune-history.ts";
import { reconcileShops } from "../../../app/jobs/handlers/reconcile-shops.ts";
import { retryUnserved } from "../../../app/jobs/handlers/retry-unserved.ts";
import { sealTokens } from "../../../app/jobs/handlers/seal-tokens.ts";
import type { AppJobContext, ShopJobName } from "../../../app/jobs/queue/job-types.ts";
import { findPendingStep } from "../../../app/schema/find-pending-step.ts";
import { SchemaError } from "../../../app/schema/schema-error.ts";
import { describeError, TokenError, type Tokens } from "../../../app/tokens/index.ts";
import { findParts } from "./app-parts.ts";

export interface MaintainOptions {
  /** Calls to Shopify at once; 4 unless told. */
  concurrency?: number;
  /** Shops whose chain is refreshed in one call, at most; 500 unless told. What is left is done by the next call. */
  limit?: number;
  /** Ends the work after what is in hand. */
  signal?: AbortSignal;
}

/** What one call did, in numbers of shops. */
export interface Maintained {
  /** Chains that grew old and were refreshed, so that their 90 days begin anew. */
  refreshed: number;
  /** Calls to Shopify with an unknown outcome that were looked into. */
  reconciled: number;
  /** Permanent tokens tried again that a finished run had to leave, because their shop was frozen or could not be reached. */
  retried: number;
  /** Shops that could not be served now; the next call tries them again. */
  failed: number;
}

type MaintenanceContext = Pick<AppJobContext, "tokens" | "db" | "clock" | "log" | "enqueueAll" | "signal">;

/**
 * Keeps chains alive that no request refreshes, looks into calls to Shopify with an unknown outcome, stores pairs of the emergency record,
 * tries shops again that a finished run could not serve, seals what is to be sealed, and prunes the history. Make it hourly, from any
 * scheduler; two at a time do no harm. Every 90 days without it, a dormant shop would have to be opened by its merchant again.
 * @throws SchemaError before anything is done, where `expand-contract db migrate` has not been run.
 * @throws errors of the database, once nothing is in hand any more; those of single shops are counted.
 */
export async function maintain(tokens: Tokens, options: MaintainOptions = {}): Promise<Maintained> {
  const { db, log, clock } = findParts(tokens);
  const { concurrency = 4, limit = 500, signal: given } = options;
  const pending = await findPendingStep(db);
  if (pending) throw new SchemaError("not_migrated", `The database lacks step ${pending}: run npm run db:deploy`);
  const queue = new PQueue({ concurrency });
  const broken = new AbortController();
  const signal = given ? AbortSignal.any([given, broken.signal]) : broken.signal;
  const done: Maintained = { refreshed: 0, reconciled: 0, retried: 0, failed: 0 };

  const serve = async (job: ShopJobName, shop: string): Promise<void> => {
    if (signal.aborted) return;
    try {
      if (job === "reconcile") {
        await tokens.reconcile(shop);
        done.reconciled++;
      } else if (job === "migrate-again") {
        await tokens.migrate(shop);
        done.retried++;
      } else if (isPairOld(await tokens.state(shop), KEEP_ALIVE_SPREAD.fromAgeMs, clock()).old) {
        await tokens.refresh(shop);
        done.refreshed++;
      }
    } catch (error) {
      if (!(error instanceof TokenError)) return broken.abort(error);
      done.failed++;
      log.warn({ shop, ...describeError(error) }, "a shop could not be maintained now");
    }
  };
  const context: MaintenanceContext = {
    tokens,
    db,
    clock,
    signal,
    log: log as AppJobContext["log"],
    // Not put off: the call ends when all of them are done.
    enqueueAll: async (job, entries) => {
      await Promise.all(entries.map(({ shop }) => queue.add(() => serve(job, shop))));
      broken.signal.throwIfAborted();
    },
  };
  await reconcileShops(context);
  await planKeepAlive(context, { ...KEEP_ALIVE_SPREAD, perPass: limit });
  await retryUnserved(context);
  await sealTokens(context);
  if (!signal.aborted) await pruneHistory(context);
  return done;
}
