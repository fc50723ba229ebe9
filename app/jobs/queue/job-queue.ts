import type { PgBoss } from "pg-boss";
import type { Queryable } from "../../infra/database/database.ts";
import type { JobPayload } from "./job-payload.ts";
import type { ShopJobName } from "./job-types.ts";
import type { ShopDomain } from "../../infra/shop-domain.ts";

/** The three ways a shop's job gets into its queue. Whichever it is, one job per name and shop waits. */
export interface JobQueue {
  /** Enqueues, unless one waits already (however long it still has to). */
  add(name: ShopJobName, shop: ShopDomain): Promise<{ queued: boolean }>;
  /** Enqueues many, each after its own delay; those that wait already are left as they are. */
  addAll(name: ShopJobName, entries: readonly { shop: ShopDomain; afterSeconds: number }[]): Promise<void>;
  /** Puts the shop's job off: the one that waits, or else a new one, runs in `afterSeconds`, and not before. */
  postpone(name: ShopJobName, payload: JobPayload, afterSeconds: number): Promise<void>;
  /** Lets the shop's job run now: the one that waits, or else a new one. Within `transaction`, seen when that commits. */
  bringForward(name: ShopJobName, shop: ShopDomain, transaction: Queryable): Promise<void>;
}

/** The queue on pg-boss, opened when first used. */
export function createJobQueue(open: () => Promise<PgBoss>): JobQueue {
  return {
    async add(name, shop) {
      const payload: JobPayload = { shop, postponed: 0 };
      const id = await (await open()).send(name, payload, { singletonKey: shop });
      return { queued: id !== null };
    },
    async addAll(name, entries) {
      const jobs = entries.map(({ shop, afterSeconds }) => ({
        data: { shop, postponed: 0 } satisfies JobPayload,
        singletonKey: shop,
        startAfter: afterSeconds,
      }));
      if (jobs.length > 0) await (await open()).insert(name, jobs);
    },
    async postpone(name, payload, afterSeconds) {
      await (await open()).upsert(name, payload, { singletonKey: payload.shop, startAfter: afterSeconds });
    },
    async bringForward(name, shop, transaction) {
      const payload: JobPayload = { shop, postponed: 0 };
      const options = { singletonKey: shop, startAfter: 0, match: "all" as const, db: inTransaction(transaction) };
      await (await open()).upsert(name, payload, options);
    },
  };
}

/** Lets the queue write within a transaction of ours. */
function inTransaction(transaction: Queryable) {
  return {
    executeSql: async (text: string, values: unknown[] = []) => ({
      rows: await transaction.query<never[]>({ text, values }),
    }),
  };
}
