import { Gauge, type Registry } from "prom-client";
import { by, type GaugeOf, plain, registerGauges } from "../infra/register-gauges.ts";
import type { RotationReport, Tokens } from "../tokens/index.ts";

const GAUGES: readonly GaugeOf<RotationReport>[] = [
  {
    name: "client_secret_chains",
    help: "During a rotation: chains that live, by the client secret that made them; all but current end when the previous one is revoked",
    labels: ["made_with"],
    values: ({ chains, pinned, pinnedUnknown: unknown }) =>
      by("made_with", { current: chains - pinned, previous: pinned - unknown, unknown }),
  },
  {
    name: "client_secret_open_retries",
    help: "During a rotation: migrations without an answer, which need the client secret that asked for seven days",
    values: ({ openRetries }) => plain(openRetries),
  },
];

/** Adds how a rotation of the client secret stands to /metrics; chains are counted while there is one. */
export function registerRotationGauges(registry: Registry, tokens: Pick<Tokens, "isRotating" | "rotation">): void {
  if (registry.getSingleMetric("client_secret_rotating")) return;
  const rotating = new Gauge({
    name: "client_secret_rotating",
    help: "1 while a previous client secret is accepted (SHOPIFY_API_SECRET_PREVIOUS)",
    registers: [registry],
  });
  rotating.set(tokens.isRotating ? 1 : 0);
  registerGauges(registry, GAUGES, async () => (tokens.isRotating ? tokens.rotation() : undefined));
}
