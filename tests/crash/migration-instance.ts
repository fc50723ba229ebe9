/**
 * One instance of the app as far as a migration run needs one, in a process of its own, to be killed or measured. Reads
 * DATABASE_URL and the proxy variables of the simulator (or PLAIN_SIMULATOR); works on whatever run there is; says `ready` to its parent, answers
 * `resources`, and starts a run as a POST would when it is told `{ start }`. SIGTERM ends it in order.
 */
import pg from "pg";
import { openDatabase } from "../../app/infra/database/open-database.ts";
import { createLogger } from "../../app/infra/log/log.server.ts";
import { createMetrics } from "../../app/infra/metrics.server.ts";
import { createMigrations, parseMigrationOptions } from "../../app/migration/index.ts";
import { createTokens, installShopifyFetch } from "../../app/tokens/index.ts";
import { createApi } from "../support/create-api.ts";

/** Every statement that leaves this process, whoever sends it. */
let statements = 0;
const query = pg.Client.prototype.query as (...args: unknown[]) => unknown;
pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
  statements++;
  return query.apply(this, args);
} as typeof pg.Client.prototype.query;

const number = (name: string) => (process.env[name] ? Number(process.env[name]) : undefined);

if (process.env.PLAIN_SIMULATOR) {
  (await import("../benchmarks/migration/processes/route-plainly.ts")).routePlainly(process.env.PLAIN_SIMULATOR);
}
const db = openDatabase(process.env.DATABASE_URL!, { onError: () => {} });
const log = createLogger(process.env.LOG_LEVEL ?? "warn", [], process.stderr);
installShopifyFetch({ timeoutMs: number("CALL_TIMEOUT_MS") });
const api = createApi();
const tokens = createTokens({ api, database: db, phase: "expand", log });
const migrations = createMigrations({
  db,
  tokens,
  phase: "expand",
  log,
  metrics: createMetrics({ withDefaults: false }),
  tickMs: number("TICK_MS"),
  deadAfterMs: number("DEAD_AFTER_MS"),
  pollMs: number("POLL_MS"),
});
await db.query({ text: "SELECT 1", values: [] });
migrations.startWorker();

process.on("message", (message: "resources" | { start: object }) => {
  if (message !== "resources") {
    void migrations.start(parseMigrationOptions(message.start)).then(({ run }) => process.send?.({ id: run.id }));
    return;
  }
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.send?.({ peakRss: maxRSS * 1_024, cpuMs: (userCPUTime + systemCPUTime) / 1_000, statements });
});
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => {
  void migrations
    .close()
    .then(() => db.close())
    .then(() => process.exit(0));
});
process.send?.("ready");
