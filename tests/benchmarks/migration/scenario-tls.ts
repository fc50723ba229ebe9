import { once } from "node:events";
import {
  answersAfter,
  LATENCY_MS,
  rounded,
  secondsOf,
  WARM_UP,
  type Scenario,
  type ScenarioContext,
} from "./scenario.ts";

const SHOPS = 1_000;
/** Pairs of runs, the bare client's and the app's in turn: what else the machine does hits both. */
const ROUNDS = 3;
const SCRIPT_SECONDS = 10;

interface Cost {
  processorMs: number;
  perSecond: number;
}

interface Measured {
  bare: Cost[];
  warm: Cost[];
  cold: Cost[];
  statements: number;
}

async function measure({ bench, scale, say }: ScenarioContext): Promise<Measured> {
  const shops = Math.round(SHOPS * scale);
  const found: Measured = { bare: [], warm: [], cold: [], statements: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    await bench.reset();
    await bench.seed(shops + WARM_UP);
    await bench.simulator.faults.add(answersAfter(LATENCY_MS));
    found.bare.push(await bench.bareClient());

    await bench.reset();
    await bench.simulator.faults.add(answersAfter(LATENCY_MS));
    const instance = await bench.startInstance();
    const runOver = async (prefix: string): Promise<Cost & { statements: number }> => {
      await bench.seed(shops, prefix);
      const resources = async () => {
        const answer = once(instance, "message") as Promise<[{ cpuMs: number; statements: number }]>;
        instance.send("resources");
        return (await answer)[0];
      };
      const before = await resources();
      const run = await bench.run();
      const after = await resources();
      if (run.migrated !== shops) throw new Error(`only ${run.migrated} of ${shops} shops were migrated`);
      return {
        processorMs: (after.cpuMs - before.cpuMs) / shops,
        perSecond: shops / secondsOf(run),
        statements: (after.statements - before.statements) / shops,
      };
    };
    found.cold.push(await runOver("cold"));
    const warm = await runOver("warm");
    found.warm.push(warm);
    found.statements = warm.statements;
    await bench.stop(instance);
    const [bare, ours] = [found.bare.at(-1)!, found.warm.at(-1)!];
    say(
      `bare ${rounded(bare.processorMs, 2)} ms, ${rounded(bare.perSecond)}/s; app ${rounded(ours.processorMs, 2)} ms, ` +
        `${rounded(ours.perSecond)}/s, cold ${rounded(found.cold.at(-1)!.processorMs, 2)} ms; ${rounded(warm.statements, 2)} statements`,
    );
  }
  return found;
}

/** The middle one: one round in which the machine did something else decides nothing. */
const middle = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const ratio = (ours: Cost[], theirs: Cost[], of: keyof Cost) => middle(ours.map((one, i) => one[of] / theirs[i]![of]));

/** Over TLS, straight to the simulator: beside a client that does nothing but the calls. */
export const tls: Scenario = async (context) => {
  const { bench, say } = context;
  bench.useTls("direct");
  const { bare, warm, cold, statements } = await measure(context);
  await bench.reset();
  await bench.seed(SCRIPT_SECONDS * 15);
  await bench.simulator.faults.add(answersAfter(LATENCY_MS));
  const script = await bench.documentedScript(SCRIPT_SECONDS);
  bench.useTls(false);
  const scriptRate = script.shops / script.seconds;
  say(`script: ${rounded(scriptRate)}/s`);
  const processor = ratio(warm, bare, "processorMs");
  const speed = ratio(warm, bare, "perSecond");
  const start = ratio(cold, warm, "processorMs");
  const overScript = middle(warm.map(({ perSecond }) => perSecond / scriptRate));
  const msOf = (costs: Cost[]) => rounded(middle(costs.map(({ processorMs }) => processorMs)), 2);
  return [
    {
      measure: "over TLS, no proxy between: processor time of a migrated shop ÷ that of a bare HTTPS client’s call",
      script: "–",
      ours: `${rounded(processor, 2)} (${msOf(warm)} ÷ ${msOf(bare)} ms)`,
      required: "≤ 1.6",
      holds: processor <= 1.6,
    },
    {
      measure: "the same: shops per second ÷ the bare client’s",
      script: "–",
      ours: rounded(speed, 2),
      required: "≥ 0.9",
      holds: speed >= 0.9,
    },
    {
      measure: "the same: the first thousand shops of a process ÷ the next, processor time",
      script: "–",
      ours: rounded(start, 2),
      required: "≤ 1.2",
      holds: start <= 1.2,
    },
    {
      measure: "the same: shops per second, warm",
      script: rounded(scriptRate),
      ours: `${rounded(middle(warm.map(({ perSecond }) => perSecond)))} (${rounded(overScript)} ×)`,
      required: "≥ 15 ×",
      holds: overScript >= 15,
    },
    {
      measure: "statements of a migrated shop",
      script: "–",
      ours: rounded(statements, 2),
      required: "≤ 3",
      holds: statements <= 3,
    },
  ];
};
