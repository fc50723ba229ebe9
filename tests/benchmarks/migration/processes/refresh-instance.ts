/**
 * One instance of the app as far as keep-alives need one. Works off its jobs; tells its parent the processor time of the process when it is asked for `resources`, and
 * plans a pass over `SHOPS` shops within `SECONDS` when it is told `plan`. Without the limit of two keep-alives a second, which is an instance's own.
 */
import "@shopify/shopify-api/adapters/web-api";
import { openDatabase } from "../../../../app/infra/database/open-database.ts";
import { createLogger } from "../../../../app/infra/log/log.server.ts";
import { createMetrics } from "../../../../app/infra/metrics.server.ts";
import { keepAlive } from "../../../../app/jobs/handlers/keep-alive.ts";
import { createJobs } from "../../../../app/jobs/queue/create-jobs.ts";
import { createTokens, installShopifyFetch } from "../../../../app/tokens/index.ts";
import { createApi } from "../../../support/create-api.ts";

const databaseUrl = process.env.DATABASE_URL!;
const db = openDatabase(databaseUrl, { onError: () => {} });
const log = createLogger("warn", [], process.stderr);
const metrics = createMetrics({ withDefaults: false });
installShopifyFetch();
const tokens = createTokens({
  api: createApi(),
  database: db,
  phase: "expand",
  log,
  metrics,
  onPairStored: (shop, how) => jobs.onPairStored(shop, how),
});
const jobs = createJobs({
  databaseUrl,
  tokens,
  db,
  log,
  metrics,
  spread: {
    fromAgeMs: 0,
    windowMs: 0,
    passSeconds: Number(process.env.SECONDS),
    perPass: Number(process.env.SHOPS),
  },
  handlers: { "keep-alive": (context) => keepAlive(context, 0) },
});
await jobs.start();

process.on("message", (message: "resources" | "plan") => {
  if (message === "plan") return void jobs.runNow("plan-keep-alive");
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1_000 });
});
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => {
  void jobs
    .stop({ drainMs: 1_000 })
    .then(() => db.close())
    .then(() => process.exit(0));
});
process.send?.("ready");
