import { DEADLINE } from "../../../../infra/deadline.ts";

const DAY_MS = 86_400_000;
/** Days that the curve looks back. */
export const LOOKED_BACK_DAYS = 30;
/** The forecast goes by the pace of so many days. */
const PACE_DAYS = 7;

/** How many permanent tokens were left at a moment. */
interface BurnDownPoint {
  /** Milliseconds since the epoch. */
  at: number;
  left: number;
}

export interface BurnDown {
  /** The end of each day looked back upon, the oldest first; the last is now. */
  points: BurnDownPoint[];
  /** Tokens migrated a day, of late. */
  perDay: number;
  /** When the last one goes at that pace; undefined when nothing moves, or nothing is left. */
  endsAt: number | undefined;
  /** Left on the day of the deadline at that pace. */
  leftAtDeadline: number;
  deadline: number;
  daysToDeadline: number;
}

/**
 * The curve of permanent tokens that are left to migrate, from what is left now and how many were migrated each day before, with a forecast by
 * the pace of the last seven days. Tokens that new installations brought meanwhile are not known, so the past may be drawn a little too high.
 * @param facts.migrated by day, `2026-11-27`, in UTC.
 * @param facts.now milliseconds since the epoch.
 */
export function burnDown({
  left,
  migrated,
  now,
}: {
  left: number;
  migrated: Record<string, number>;
  now: number;
}): BurnDown {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const points: BurnDownPoint[] = [{ at: now, left }];
  let counted = left;
  for (let day = 0; day < LOOKED_BACK_DAYS; day++) {
    const begins = today - day * DAY_MS;
    counted += migrated[dayOf(begins)] ?? 0;
    points.unshift({ at: begins, left: counted });
  }
  const perDay = paceOf(migrated, today, now);
  const deadline = Date.parse(DEADLINE);
  const daysToDeadline = Math.max(0, (deadline - now) / DAY_MS);
  return {
    points,
    perDay,
    endsAt: left > 0 && perDay > 0 ? now + (left / perDay) * DAY_MS : undefined,
    leftAtDeadline: Math.max(0, Math.round(left - perDay * daysToDeadline)),
    deadline,
    daysToDeadline: Math.ceil(daysToDeadline),
  };
}

/** Today counts by its share. */
function paceOf(migrated: Record<string, number>, today: number, now: number): number {
  let shops = 0;
  let days = 0;
  for (let day = 0; day < PACE_DAYS; day++) {
    const begins = today - day * DAY_MS;
    shops += migrated[dayOf(begins)] ?? 0;
    days += day === 0 ? (now - today) / DAY_MS : 1;
  }
  return shops / Math.max(days, 1 / 24);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
