import sql from "sql-template-tag";
import { services } from "../../../services.server.ts";

/** A job that waits until its shop has a newer token, or can be served. */
export interface ParkedJob {
  shop: string;
  job: string;
  code: string;
  /** When it is tried again even if nothing changes; milliseconds since the epoch. */
  retryAt: number | null;
}

export type JobsFacts = Awaited<ReturnType<typeof readJobs>>;

const SHOWN = 50;

/** What background work has come to. */
export async function readJobs() {
  const { db, jobs, tokens } = services;
  const [health, deadLetters, parked, toReconcile] = await Promise.all([
    jobs.health(),
    jobs.deadLetters(SHOWN),
    db.query<ParkedJob[]>(sql`
      SELECT "shop", "job", "code", (extract(epoch FROM "retryAt") * 1000)::float8 AS "retryAt"
      FROM expand_contract."ParkedJob" ORDER BY "shop", "job" LIMIT ${SHOWN}`),
    tokens.shopsToReconcile(1_000),
  ]);
  return {
    health,
    /** Failed for good, the oldest first. */
    deadLetters,
    /** The first by shop. */
    parked,
    /** Shops where the answer of a call never came. */
    unknownOutcomes: toReconcile.length,
  };
}
