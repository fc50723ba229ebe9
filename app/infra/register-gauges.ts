import { Gauge, type Registry } from "prom-client";

/** What a gauge shows, by its labels. */
export type GaugeValues = [labels: Record<string, string>, value: number][];

export interface GaugeOf<Facts> {
  name: string;
  help: string;
  labels?: string[];
  values(facts: Facts): GaugeValues;
}

/** The value of a gauge without labels. */
export const plain = (value: number): GaugeValues => [[{}, value]];

/** A gauge with one label: a value for each of its names. */
export const by = (label: string, counts: object): GaugeValues =>
  Object.entries(counts).map(([name, value]): GaugeValues[number] => [{ [label]: name }, value as number]);

/**
 * Adds gauges to /metrics whose values come of one reading for each scrape. Where it fails, or says undefined, they keep what they showed
 * last. Gauges that the registry has already are left as they are.
 */
export function registerGauges<Facts>(
  registry: Registry,
  gauges: readonly GaugeOf<Facts>[],
  read: () => Promise<Facts | undefined>,
): void {
  let reading: Promise<Facts | undefined> | undefined;
  const readOnce = () => {
    reading ??= read()
      .catch(() => undefined)
      .finally(() => (reading = undefined));
    return reading;
  };
  for (const { name, help, labels = [], values } of gauges) {
    if (registry.getSingleMetric(name)) continue;
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [registry],
      async collect() {
        const facts = await readOnce();
        if (facts === undefined) return;
        this.reset();
        for (const [given, value] of values(facts)) this.set(given, value);
      },
    });
  }
}
