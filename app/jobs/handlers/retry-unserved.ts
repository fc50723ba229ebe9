import sql from "sql-template-tag";
import { DEADLINE } from "../../infra/deadline.ts";
import { findShopDomain } from "../../infra/shop-domain.ts";
import { listRemainingTokens } from "../../tokens/index.ts";
import type { AppJobContext, ShopJobContext } from "../queue/job-types.ts";

import { keepAlivePlace } from "./keep-alive-timing.ts";

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const PAGE = 500;
/** What may be over one day without anybody's doing: a store that was frozen is opened, one that was closed comes back. */
const MAY_CHANGE = new Set(["frozen", "locked", "closed", "suspended", "paused", "unreachable"]);

/** Hours between two tries of one shop: the more often the nearer the day on which its token ends, and daily afterwards. */
export function hoursBetweenTries(now: number): number {
  const daysLeft = (Date.parse(DEADLINE) - now) / DAY_MS;
  return daysLeft <= 0 ? 24 : daysLeft <= 30 ? 2 : 6;
}

/** Whether a shop's turn is in this hour: each shop has one of its own among the hours between two tries. */
export function isTurnOf(shop: string, now: number): boolean {
  const every = hoursBetweenTries(now);
  return Math.floor(now / HOUR_MS) % every === Math.floor(keepAlivePlace(shop) * every);
}

/**
 * Enqueues another try for the permanent tokens that Shopify would not exchange while their shop was frozen, locked, closed or not to be reached. Hourly;
 * only after an operator has run a migration: until then no token is exchanged but on a merchant's visit.
 */
export async function retryUnserved({
  db,
  clock,
  log,
  enqueueAll,
}: Pick<AppJobContext, "db" | "clock" | "log" | "enqueueAll">): Promise<void> {
  const [asked] = await db.query<[{ yes: boolean }]>(sql`
    SELECT EXISTS (SELECT FROM expand_contract."MigrationRun" WHERE NOT "dryRun" AND "finishedAt" IS NOT NULL) AS "yes"`);
  if (!asked.yes) return;
  const now = clock();
  let shops = 0;
  for (let after = ""; ;) {
    const page = await listRemainingTokens({ db }, after, PAGE);
    const due = page.filter(({ shop, reason }) => MAY_CHANGE.has(reason) && isTurnOf(shop, now));
    const entries = due.flatMap(({ shop }) => {
      const domain = findShopDomain(shop);
      return domain ? [{ shop: domain, afterSeconds: Math.floor(((keepAlivePlace(shop) * 9_973) % 1) * 3_000) }] : [];
    });
    await enqueueAll("migrate-again", entries);
    shops += entries.length;
    if (page.length < PAGE) break;
    after = page.at(-1)!.id;
  }
  if (shops > 0) log.info({ shops }, "shops that Shopify would not serve are tried again");
}

/** One more try. What it comes to is in the shop's history; the next one is planned whatever that is. */
export async function migrateAgain({ migrate, log }: ShopJobContext): Promise<void> {
  const { outcome, code } = await migrate();
  log.info({ outcome, code }, "a shop that Shopify would not serve was tried again");
}
