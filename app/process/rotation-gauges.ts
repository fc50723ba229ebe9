import { Gauge, type Registry } from "prom-client";
import type { RotationReport } from "../tokens/index.ts";

interface RotationGauge {
  name: string;
  help: string;
  label?: string;
  values(report: RotationReport): [label: string, value: number][];
}

const GAUGES: readonly RotationGauge[] = [
  {
    name: "client_secret_rotating",
    help: "1 while a previous client secret is accepted (SHOPIFY_API_SECRET_PREVIOUS)",
    values: ({ rotating }) => [["", rotating ? 1 : 0]],
  },
  {
    name: "client_secret_chains",
    help: "Chains that live, by the client secret that made them; all but current end when the previous one is revoked",
    label: "made_with",
    values: ({ chains, pinned, pinnedUnknown }) => [
      ["current", chains - pinned],
      ["previous", pinned - pinnedUnknown],
      ["unknown", pinnedUnknown],
    ],
  },
  {
    name: "client_secret_open_retries",
    help: "Migrations without an answer, which need the client secret that asked for seven days",
    values: ({ openRetries }) => [["", openRetries]],
  },
];

/** Adds how a rotation of the client secret stands to /metrics. A database that cannot be asked leaves the last values. */
export function registerRotationGauges(registry: Registry, read: () => Promise<RotationReport>): void {
  if (registry.getSingleMetric("client_secret_chains")) return;
  let reading: Promise<RotationReport | undefined> | undefined;
  const readOnce = () => {
    reading ??= read()
      .catch(() => undefined)
      .finally(() => (reading = undefined));
    return reading;
  };
  for (const { name, help, label, values } of GAUGES) {
    new Gauge({
      name,
      help,
      labelNames: label ? [label] : [],
      registers: [registry],
      async collect() {
        const report = await readOnce();
        for (const [value, count] of report ? values(report) : []) this.set(label ? { [label]: value } : {}, count);
      },
    });
  }
}
