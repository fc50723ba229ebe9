import type { World } from "../benchmarks/races/world.ts";

/** Columns of the app that say when something was or will be. Leases are left alone: they live by the database's own clock. */
const COLUMNS: Record<string, string[]> = {
  [`"Session"`]: ["expires", "refreshTokenExpires"],
  [`expand_contract."ShopToken"`]: ["refreshedAt", "acquiredAt", "migratedAt", "suspendedAt", "needsReauthAt"],
  [`expand_contract."TokenEvent"`]: ["at", "since"],
  [`expand_contract."ParkedJob"`]: ["parkedAt", "retryAt"],
};

/**
 * Lets days go by in moments: the simulator's clock goes forward, and everything that the app and its queue have written goes back by as much. The
 * clocks of the processes and of Postgres stay as they are, so that timeouts, leases and heartbeats are real.
 */
export async function passTime(world: World, ms: number): Promise<void> {
  const back = `${ms} * interval '1 millisecond'`;
  await world.sandbox.client.clock.advance(ms);
  for (const [table, columns] of Object.entries(COLUMNS)) {
    await world.query(`UPDATE ${table} SET ${columns.map((name) => `"${name}" = "${name}" - ${back}`).join(", ")}`);
  }
  // What waits in the queue comes due, what is finished grows old.
  await world.query(
    `UPDATE expand_contract_jobs.job SET start_after = start_after - ${back}, created_on = created_on - ${back}, completed_on = completed_on - ${back}
     WHERE state <> 'active'`,
  );
}
