import { answersAfter, percent, rounded, secondsOf, type Scenario } from "./scenario.ts";

/** Slow enough that waiting for Shopify is all there is to do: two instances then do twice as much, if nothing is in the way. */
const LATENCY_MS = 500;
const SHOPS = 1_500;

export const instances: Scenario = async ({ bench, scale, say }) => {
  const shops = Math.max(400, Math.round(SHOPS * scale));
  const rates: number[] = [];
  let overlaps = 0;
  for (const count of [1, 2]) {
    await bench.reset();
    await bench.seed(shops);
    await bench.simulator.faults.add(answersAfter(LATENCY_MS));
    const started = await Promise.all(Array.from({ length: count }, () => bench.startInstance()));
    const run = await bench.run();
    await Promise.all(started.map((instance) => bench.stop(instance)));
    overlaps += (await bench.simulator.ledger.overlaps()).length;
    if (run.migrated !== shops) throw new Error(`only ${run.migrated} of ${shops} shops were migrated`);
    rates.push(shops / secondsOf(run));
    say(`${count} instance(s): ${rounded(rates.at(-1)!)}/s`);
  }
  const gain = rates[1]! / rates[0]!;
  return [
    {
      measure: `two instances, ${LATENCY_MS} ms answers: shops per second against one`,
      script: "cannot share",
      ours: `${rounded(rates[1]!)} against ${rounded(rates[0]!)} (${rounded(gain, 2)} ×; ${percent(gain / 2)})`,
      required: "≥ 1.8 ×",
      holds: gain >= 1.8,
    },
    {
      measure: "the same: two writers on one shop",
      script: "–",
      ours: String(overlaps),
      required: "0",
      holds: overlaps === 0,
    },
  ];
};
