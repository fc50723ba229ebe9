import { Gauge, type Registry } from "prom-client";
import type { RotationReport, Tokens } from "../tokens/index.ts";

interface RotationGauge {
  name: string;
  help: string;
  label?: string;
  values(report: RotationReport): [label: string, value: number][];
}

const GAUGES: readonly RotationGauge[] = [
  {
    name: "client_secret_chains",
    help: "During a rotation: chains that live, by the client secret that made them; all but current end when the previous one is revoked",
    label: "made_with",
    values: ({ chains, pinned, pinnedUnknown }) => [
      ["current", chains - pinned],
      ["previous", pinned - pinnedUnknown],
      ["unknown", pinnedUnknown],
    ],
  },
  {
    name: "client_secret_open_retries",
    help: "During a rotation: migrations without an answer, which need the client secret that asked for seven days",
    values: ({ openRetries }) => [["", openRetries]],
  },
];

/**
 * Adds how a rotation of the client secret stands to /metrics; chains are counted while there is one. A database that cannot be asked leaves
 * the last values.
 */
export function registerRotationGauges(registry: Registry, tokens: Pick<Tokens, "isRotating" | "rotation">): void {
  if (registry.getSingleMetric("client_secret_rotating")) return;
  const rotating = new Gauge({
    name: "client_secret_rotating",
    help: "1 while a previous client secret is accepted (SHOPIFY_API_SECRET_PREVIOUS)",
    registers: [registry],
  });
  rotating.set(tokens.isRotating ? 1 : 0);
  let reading: Promise<RotationReport | undefined> | undefined;
  const readOnce = () => {
    reading ??= tokens
      .rotation()
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
        const report = tokens.isRotating ? await readOnce() : undefined;
        for (const [value, count] of report ? values(report) : []) this.set(label ? { [label]: value } : {}, count);
      },
    });
  }
}
