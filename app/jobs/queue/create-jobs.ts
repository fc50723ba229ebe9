import sql from "sql-template-tag";
import PQueue from "p-queue";
import type { JobResult, JobWithMetadata } from "pg-boss";
import { type Clock, systemClock } from "../../infra/clock.ts";
import type { Database } from "../../infra/database/database.ts";
import { inWords } from "../../infra/database/pg-database.ts";
import type { Logger } from "../../infra/log/log.server.ts";
import { registerGauges } from "../../infra/register-gauges.ts";
import type { Metrics } from "../../infra/metrics.server.ts";
import type { HowStored } from "../../tokens/types.ts";
import { JOB_TIMES, type JobTimes } from "./job-times.ts";
import { countDeadLetters, listDeadLetters, retryDeadLetters } from "./dead-letters.ts";
import { reconcileShops } from "../handlers/reconcile-shops.ts";
import { forgetShop } from "./drop-jobs-of-shop.ts";
import { JOB_GAUGES } from "./job-gauges.ts";
import { type Exactly, type JobTarget, parseJobPayload } from "./job-payload.ts";
import { createJobQueue } from "./job-queue.ts";
import {
  APP_JOBS,
  type AppJobContext,
  type AppJobName,
  type JobName,
  type JobsHealth,
  type JobTokens,
  SHOP_JOBS,
  type ShopJobContext,
  type ShopJobName,
} from "./job-types.ts";
import { keepAlive } from "../handlers/keep-alive.ts";
import { KEEP_ALIVE_SPREAD, type KeepAliveSpread } from "../handlers/keep-alive-timing.ts";
import { openBoss, type OpenBoss, scheduleAppJobs } from "./open-boss.ts";
import { planKeepAlive } from "../handlers/enqueue-keep-alives.ts";
import { pruneHistory } from "../handlers/prune-history.ts";
import { migrateAgain, retryUnserved } from "../handlers/retry-unserved.ts";
import { refreshShop } from "../handlers/refresh-shop.ts";
import { releaseParked } from "../parked/release-parked.ts";
import { sealTokens } from "../handlers/seal-tokens.ts";
import { runAppJob, type RunDependencies, runShopJob } from "./run-job.ts";
import { startWaker, WORKER_POLL_SECONDS, type WorkerWaker } from "./wake-workers.ts";
import { requireShopDomain } from "../../infra/shop-domain.ts";
import type { Watch } from "../../watch/watch.ts";

export interface JobsOptions {
  /** pg-boss keeps its tables in the schema `expand_contract_jobs` of this database, with a small pool of its own. */
  databaseUrl: string;
  /** Milliseconds that one statement of the queue may take; 10,000 unless told. */
  statementTimeoutMs?: number;
  tokens: JobTokens;
  db: Database;
  /** Looks after the tokens of all shops; without it the job that does so does nothing. */
  watch?: Pick<Watch, "look">;
  clock?: Clock;
  log: Logger;
  metrics: Metrics;
  /** For tests: shorter waits, another spread. */
  times?: Partial<JobTimes>;
  spread?: Partial<KeepAliveSpread>;
  /** Instead of, or beside, the app's own handlers. */
  handlers?: Partial<Record<ShopJobName, (context: ShopJobContext) => Promise<void>>>;
}

/** Background work, shared by every instance on one database. */
export type Jobs = ReturnType<typeof createJobs>;

class JobsStoppedError extends Error {
  readonly code = "jobs_stopped";
  constructor() {
    super("Background work has been stopped in this process");
    this.name = "JobsStoppedError";
  }
}

const WORK = {
  batchSize: 4,
  burstWhenBatchFull: true,
  perJobResults: true,
  includeMetadata: true,
  pollingIntervalSeconds: WORKER_POLL_SECONDS,
} as const;
const KEEP_ALIVES_PER_SECOND = 2;
/** Below the limit of the server's drain (server/start-server.ts): what is left then still goes to another instance in order. */
const DRAIN_MS = 20_000;

/** Creates background work on pg-boss. Opens nothing until the first use. */
export function createJobs(options: JobsOptions) {
  const { db, tokens, metrics } = options;
  const log = options.log.child({ part: "jobs" });
  const times = { ...JOB_TIMES, ...options.times };
  const spread = { ...KEEP_ALIVE_SPREAD, ...options.spread };
  let opened: Promise<OpenBoss> | undefined;
  let working: Promise<void> | undefined;
  let waker: WorkerWaker | undefined;
  let stopping: Promise<void> | undefined;

  const openOnce = (): Promise<OpenBoss> => {
    if (stopping && !opened) return Promise.reject(new JobsStoppedError());
    opened ??= openBoss({ ...options, log, times }).catch((error: unknown) => {
      opened = undefined; // the next caller tries again
      throw error;
    });
    return opened;
  };
  const open = async () => (await openOnce()).boss;
  const queue = createJobQueue(open);
  const clock = options.clock ?? systemClock;
  const deps: RunDependencies = { db, tokens, queue, clock, log, metrics, times };

  // On top of the spread: what has piled up while no instance ran is not worked off at once either.
  const gentle = new PQueue({ interval: 1000, intervalCap: KEEP_ALIVES_PER_SECOND });
  const shopJobs: Record<ShopJobName, (context: ShopJobContext) => Promise<void>> = {
    "refresh-shop": refreshShop,
    "keep-alive": (context) => gentle.add(() => keepAlive(context, spread.fromAgeMs)),
    reconcile: (context) => gentle.add(() => context.reconcile()),
    "migrate-again": (context) => gentle.add(() => migrateAgain(context)),
    ...options.handlers,
  };
  const appJobs: Record<AppJobName, (context: AppJobContext) => Promise<void>> = {
    "plan-keep-alive": (context) => planKeepAlive(context, spread),
    "reconcile-shops": reconcileShops,
    "prune-history": pruneHistory,
    "retry-unserved": retryUnserved,
    "seal-tokens": sealTokens,
    "release-parked": async () => void (await releaseParked(deps, "due")),
    "watch-tokens": async ({ signal }) => void (await options.watch?.look(signal)),
  };

  async function work(): Promise<void> {
    const { boss, hearsOfJobs } = await openOnce();
    const workers = new Map<string, string>();
    const take = async (name: JobName, run: (job: JobWithMetadata<unknown>) => Promise<JobResult>) => {
      const worker = await boss.work<unknown, unknown, typeof WORK>(name, WORK, (jobs) => Promise.all(jobs.map(run)));
      workers.set(name, worker);
    };
    for (const name of SHOP_JOBS) await take(name, (job) => runShopJob({ deps, name, job }, shopJobs[name]));
    for (const name of APP_JOBS) await take(name, (job) => runAppJob({ deps, name, job }, appJobs[name]));
    await scheduleAppJobs(boss);
    waker = startWaker(boss, workers, {
      everyMs: () => (hearsOfJobs() ? times.lookWhileToldMs : times.lookMs),
      log,
    });
    log.info({ jobs: [...SHOP_JOBS, ...APP_JOBS] }, "background jobs run in this process");
  }

  async function drain(drainMs: number): Promise<void> {
    await working?.catch(() => {});
    await waker?.stop();
    const left = await opened?.catch(() => undefined);
    // pg-boss waits for handlers in hand; those that put themselves off still need the open connection.
    await left?.boss.stop({ graceful: true, timeout: drainMs, close: true });
    opened = undefined;
    log.info({}, "background jobs have stopped in this process");
  }

  async function health(): Promise<JobsHealth> {
    const counts = await db.query<{ reason: string; count: number }[]>(sql`
      SELECT "reason", count(*)::int AS "count" FROM expand_contract."ParkedJob" GROUP BY 1`);
    const parked = (reason: string) => counts.find((row) => row.reason === reason)?.count ?? 0;
    return {
      running: working !== undefined && stopping === undefined,
      deadLetters: await open().then(countDeadLetters).catch(inWords),
      parked: { needs_reauthorization: parked("needs_reauthorization"), suspended: parked("suspended") },
    };
  }
  registerGauges(metrics.registry, JOB_GAUGES, health);

  return {
    /**
     * Enqueues a job for a shop. While one waits for the same shop, a second is not added (`queued: false`); one that runs already does
     * not count. Works in processes that run no jobs, too.
     * @throws InvalidJobPayloadError; database errors; JobsStoppedError.
     */
    async enqueue<Given extends JobTarget>(
      name: ShopJobName,
      target: Exactly<JobTarget, Given>,
    ): Promise<{ queued: boolean }> {
      if (stopping) throw new JobsStoppedError();
      return queue.add(name, parseJobPayload(target).shop);
    },
    /** Enqueues one of the app's own jobs outside its schedule; whichever instance is first runs it. */
    async runNow(name: AppJobName): Promise<void> {
      if (stopping) throw new JobsStoppedError();
      await (await open()).send(name, null);
    },
    /** Runs jobs in this process, scheduled ones included, until `stop`. */
    start(): Promise<void> {
      if (stopping) return Promise.reject(new JobsStoppedError());
      working ??= work().catch((error: unknown) => {
        working = undefined;
        throw error;
      });
      return working;
    },
    /** Takes up no more jobs, waits for those in hand (up to `drainMs`; what is left is given to another instance) and closes. */
    stop({ drainMs = DRAIN_MS } = {}): Promise<void> {
      stopping ??= drain(drainMs);
      return stopping;
    },
    /**
     * For the tokens' domain: the shop has a new pair. Releases what is parked for it; after an acquisition its facts are read anew.
     * Never throws: a pair is stored, whatever becomes of the jobs, and the sweep releases what this could not.
     */
    async onPairStored(shop: string, how: HowStored): Promise<void> {
      if (stopping) return; // another instance's sweep finds what is parked
      try {
        const domain = requireShopDomain(shop);
        // Asked first without the queue: nearly always nothing is parked, and this runs after every refresh.
        const parked = await db.query<{ job: string }[]>(
          sql`SELECT "job" FROM expand_contract."ParkedJob" WHERE "shop" = ${domain}`,
        );
        if (parked.length > 0) await releaseParked(deps, { shop: domain });
        // Released, that job reads the facts anew; a second one would not meet it in the queue any more.
        const isReleased = parked.some(({ job }) => job === "refresh-shop");
        if (how === "acquired" && !isReleased) await queue.add("refresh-shop", domain);
      } catch (error) {
        log.error({ err: error, shop }, "jobs could not be released after a pair was stored; the sweep will do it");
      }
    },
    /** Deletes whatever the queue keeps about a shop (`shop/redact`). */
    forgetShop: async (shop: string) => forgetShop(db, await open(), requireShopDomain(shop)),
    /** Jobs that failed for good, the oldest first. */
    deadLetters: (limit = 100) =>
      open()
        .then((boss) => listDeadLetters(boss, limit))
        .catch(inWords),
    /** Gives dead letters another chance, once what was wrong is repaired: the thousand oldest. Says how many. */
    retryDeadLetters: () =>
      open()
        .then((boss) => retryDeadLetters(boss, queue))
        .catch(inWords),
    health,
  };
}
