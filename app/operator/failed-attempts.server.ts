import { isIPv6 } from "node:net";
import pg from "pg";
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";
import { poolConfig } from "../infra/db-pool.ts";

/** Wrong secrets that one address may try in a window. */
export const ATTEMPTS = 10;
export const WINDOW_SECONDS = 60;
const TABLE = "operator_failed_attempts";

/** Counts wrong operator secrets by address, shared by all instances through Postgres. */
export interface FailedAttempts {
  /** Counts one more. Returns the seconds to wait when there have been too many, else undefined. */
  record(address: string): Promise<number | undefined>;
  close(): Promise<void>;
}

/**
 * When Postgres cannot be reached, each process counts for itself.
 *
 * Only failures are counted, and the right secret is never refused: whoever shares an address with an attacker (a
 * misconfigured proxy makes everybody do so) could otherwise be locked out for as long as the attack lasts. With 32 random
 * characters there is nothing to guess; the limit keeps noise off the database and makes attempts visible.
 */
export function createFailedAttempts(databaseUrl: string, onError: (error: Error) => void): FailedAttempts {
  let opened: { limiter: RateLimiterPostgres; pool: pg.Pool } | undefined;

  const open = () => {
    const pool = new pg.Pool(poolConfig(databaseUrl, { max: 1, connectTimeoutMs: 2_000, statementTimeoutMs: 2_000 }));
    pool.on("error", onError);
    const limits = { points: ATTEMPTS, duration: WINDOW_SECONDS };
    const limiter = new RateLimiterPostgres({
      ...limits,
      storeClient: pool,
      storeType: "pool",
      keyPrefix: "",
      tableName: TABLE,
      // By the migrations: a table that appears at the first failure would be drift to Prisma.
      tableCreated: true,
      insuranceLimiter: new RateLimiterMemory(limits),
    });
    return { limiter, pool };
  };

  return {
    async record(address) {
      try {
        opened ??= open();
        await opened.limiter.consume(addressKey(address));
        return undefined;
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        return Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      }
    },
    async close() {
      await opened?.pool.end();
    },
  };
}

/** IPv6 clients own a /64: they are counted as one. */
function addressKey(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const groups = address.split("::")[0]!.split(":");
  return `${[...groups, "0", "0", "0", "0"].slice(0, 4).join(":")}::/64`;
}
