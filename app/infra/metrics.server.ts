import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Every series the app exposes on /metrics. Labels never carry a shop or a token: both are unbounded, one is secret. */
export type Metrics = ReturnType<typeof createMetrics>;

const GRANTS = ["exchange", "migrate", "refresh", "application"];
/** `ok`, `incomplete` (half a pair), or the kind of verdict (app/tokens/answer.ts). */
const RESULTS = [
  "ok",
  "incomplete",
  "transient",
  "final",
  "configuration",
  "suspended",
  "not_installed",
  "ambiguous_subject_token",
  "invalid_id_token",
];

/** Creates the registry. Call once per process; in development the composition root keeps it across reloads. */
export function createMetrics({ withDefaults = true } = {}) {
  const registry = new Registry();
  // The delay of the event loop is sampled by a timer: at the default of 10 ms that is half of what an idle process costs.
  if (withDefaults) collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
  const seconds = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Histogram({ name, help, labelNames, buckets, registers });
  const tokenCalls = counter("token_calls_total", "Calls of Shopify's token endpoint", "grant", "result");
  // From the start at 0: the first one would not be seen as an increase otherwise.
  for (const grant of GRANTS) for (const result of RESULTS) tokenCalls.inc({ grant, result }, 0);
  const sealedTokensRefused = counter("sealed_tokens_refused_total", "Sealed tokens that did not open", "reason");
  for (const reason of ["unknown_key", "not_for_this_row"]) sealedTokensRefused.inc({ reason }, 0);
  return {
    registry,
    tokenCalls,
    tokenCallSeconds: seconds("token_call_seconds", "Duration of token endpoint calls", "grant"),
    pairsStored: counter("token_pairs_stored_total", "Token pairs stored", "how"),
    /** Writes that lost against a newer pair or another holder of the lease; harmless, but worth seeing. */
    staleWrites: counter(
      "token_stale_writes_total",
      "Token writes refused because something newer is stored",
      "source",
    ),
    /** Must stay zero. */
    permanentTokensRefused: counter("permanent_tokens_refused_total", "Permanent tokens refused in the contract phase"),
    leaseWaitSeconds: underBothNames(
      seconds("token_lease_wait_seconds", "Time spent waiting for a shop's lease"),
      seconds("token_lane_wait_seconds", "Deprecated: token_lease_wait_seconds"),
    ),
    needsReauth: counter("shops_needing_reauthorization_total", "Shops marked as needing re-authorization", "reason"),
    /** Sealed tokens that did not open: their key is missing, or they belong to another row. */
    sealedTokensRefused,
    migrationOutcomes: counter("migration_outcomes_total", "Shops finished by migration runs", "outcome"),
    migrationAllowedRate: new Gauge({
      name: "migration_allowed_rate",
      help: "Token calls per second that pacing allows now",
      registers,
    }),
    jobs: counter("jobs_total", "Background jobs finished", "job", "result"),
    webhooks: counter("webhooks_total", "Webhooks handled", "topic", "result"),
    httpRequests: counter("http_requests_total", "HTTP requests", "method", "route", "status"),
  };
}

/** A metric that was renamed is kept under its old name for one release (CHANGELOG.md). */
function underBothNames(metric: Histogram, deprecated: Histogram) {
  return {
    observe(value: number): void {
      metric.observe(value);
      deprecated.observe(value);
    },
  };
}
