import type { PgBoss } from "pg-boss";
import type { Queryable } from "../../infra/database/database.ts";
import type { JobPayload } from "./job-payload.ts";
import type { ShopJobName } from "./job-types.ts";
import type { ShopDomain } from "../../infra/shop-domain.ts";

export type JobQueue = ReturnType<typeof createJobQueue>;

/**
 * The ways a shop's job gets into its queue on pg-boss, which is opened when first used. Whichever it is, one job per name and shop
 * waits.
 */
export function createJobQueue(open: () => Promise<PgBoss>) {
  return {
    /** Enqueues, unless one waits already (however long it still has to). */
    async add(name: ShopJobName, shop: ShopDomain): Promise<{ queued: boolean }> {
      const payload: JobPayload = { shop, postponed: 0 };
      const id = await (await open()).send(name, payload, { singletonKey: shop });
      return { queued: id !== null };
    },
    /** Enqueues many, each after its own delay; those that wait already are left as they are. */
    async addAll(name: ShopJobName, entries: readonly { shop: ShopDomain; afterSeconds: number }[]): Promise<void> {
      const jobs = entries.map(({ shop, afterSeconds }) => ({
        data: { shop, postponed: 0 } satisfies JobPayload,
        singletonKey: shop,
        startAfter: afterSeconds,
      }));
      if (jobs.length > 0) await (await open()).insert(name, jobs);
    },
    /** Puts the shop's job off: the one that waits, or else a new one, runs in `afterSeconds`, and not before. */
    async postpone(name: ShopJobName, payload: JobPayload, afterSeconds: number): Promise<void> {
      await (await open()).upsert(name, payload, { singletonKey: payload.shop, startAfter: afterSeconds });
    },
    /** Lets the shop's job run now: the one that waits, or else a new one. Within `transaction`, seen when that commits. */
    async bringForward(name: ShopJobName, shop: ShopDomain, transaction: Queryable): Promise<void> {
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
