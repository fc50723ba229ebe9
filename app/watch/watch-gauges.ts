import { setTimeout as sleep } from "node:timers/promises";
import type { Registry } from "prom-client";
import { DEADLINE } from "../infra/deadline.ts";
import { by, type GaugeOf, plain, registerGauges } from "../infra/register-gauges.ts";
import type { WatchFacts } from "./watch-facts.ts";

/** Below the time that Prometheus gives a scrape. */
const WITHIN_MS = 4_000;

const GAUGES: readonly GaugeOf<WatchFacts>[] = [
  {
    name: "watch_read_timestamp_seconds",
    help: "When the gauges of this process were last read from the database; the others are as old",
    values: ({ now }) => plain(now / 1_000),
  },
  {
    name: "app_phase",
    help: "1 for the phase that the app is in",
    labels: ["phase"],
    values: ({ phase }) => ["legacy", "expand", "contract"].map((name) => [{ phase: name }, name === phase ? 1 : 0]),
  },
  {
    name: "tokens",
    help: "Offline tokens by what they are: permanent ones cannot be refreshed",
    labels: ["kind"],
    values: ({ tokens }) => by("kind", tokens),
  },
  {
    name: "tokens_migratable",
    help: "Permanent tokens that a run would still try",
    values: (facts) => plain(facts.migratable),
  },
  {
    name: "tokens_unserved",
    help: "Permanent tokens that Shopify would not exchange",
    labels: ["reason"],
    values: ({ unserved }) => by("reason", unserved),
  },
  {
    name: "permanent_tokens_since_contract",
    help: "Permanent tokens that were stored after contract was reached",
    values: (facts) => plain(facts.sinceContract),
  },
  {
    name: "permanent_tokens_deadline_timestamp_seconds",
    help: "When Shopify begins to refuse permanent tokens of public apps",
    values: () => plain(Date.parse(DEADLINE) / 1_000),
  },
  {
    name: "shops_without_token",
    help: "Shops without a usable token: they need their merchant, or are suspended",
    labels: ["why"],
    values: (facts) => by("why", { needs_reauthorization: facts.needsReauth, suspended: facts.suspended }),
  },
  {
    name: "chains_ending_14d",
    help: "Refresh tokens that end within 14 days and that Shopify has not refused, by whether their shop is open",
    labels: ["shop_state"],
    values: ({ chains }) => by("shop_state", chains),
  },
  {
    name: "migration_run_active",
    help: "1 while a migration runs and is meant to go on; 0 while none does, or it waits for the operator",
    values: ({ run }) => plain(run.status === "running" && !run.waits ? 1 : 0),
  },
  {
    name: "migration_run_status",
    help: "1 for the status of the latest migration",
    labels: ["status"],
    values: ({ run }) =>
      ["none", "running", "completed", "stopped", "halted", "failed"].map((status) => [
        { status },
        status === run.status ? 1 : 0,
      ]),
  },
  {
    name: "migration_run_shops",
    help: "Shops of the latest migration",
    labels: ["state"],
    values: ({ run }) => by("state", { finished: run.finished, total: run.total }),
  },
  {
    name: "app_job_done_timestamp_seconds",
    help: "When a scheduled job was last done, by any instance; when it was first scheduled while it never was",
    labels: ["name"],
    values: ({ jobs }) => by("name", jobs.lastDone).map(([labels, at]) => [labels, at / 1_000]),
  },
  {
    name: "token_storage_unfit",
    help: "1 while the database would not keep a new token",
    values: ({ storageProblem }) => plain(storageProblem === undefined ? 0 : 1),
  },
];

/**
 * Adds what is watched to /metrics, read once for each look. A database that cannot be asked, or not in time, leaves the values as they
 * were, and `watch_read_timestamp_seconds` says how old they are.
 */
export function registerWatchGauges(registry: Registry, read: () => Promise<WatchFacts>): void {
  registerGauges(registry, GAUGES, () => Promise.race([read(), sleep(WITHIN_MS, undefined, { ref: false })]));
}
