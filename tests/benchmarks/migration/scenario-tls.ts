import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { migrateAll, processorMs, startProductionApp } from "./production-app.ts";
import {
  answersAfter,
  LATENCY_MS,
  rounded,
  secondsOf,
  WARM_UP,
  type Scenario,
  type ScenarioContext,
} from "./scenario.ts";

/** The first of a process, and the next as many: what each costs is measured over these alone. */
const FIRST_SHOPS = 1_000;
/** A run of as many tells its rate: in a small one its start, and the verification of its first hundred, count for more. */
const SHOPS = 3_000;
/** Statements do not depend on how many there are. */
const COUNTED_SHOPS = 1_000;
/** What a start leaves to be done later is done by then. */
const SETTLE_MS = 6_000;
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
  next: Cost[];
  statements: number;
}

async function measure({ bench, scale, say }: ScenarioContext): Promise<Measured> {
  const [first, shops, counted] = [FIRST_SHOPS, SHOPS, COUNTED_SHOPS].map((count) => Math.round(count * scale));
  const found: Measured = {
    bare: [],
    warm: [],
    cold: [],
    next: [],
    statements: await countStatements(bench, counted!),
  };
  for (let round = 0; round < ROUNDS; round++) {
    await bench.reset();
    await bench.seed(shops! + WARM_UP);
    await bench.simulator.faults.add(answersAfter(LATENCY_MS));
    const bare = await bench.bareClient();

    await bench.reset();
    await bench.simulator.faults.add(answersAfter(LATENCY_MS));
    const app = await startProductionApp(bench);
    await sleep(SETTLE_MS);
    const runOver = async (prefix: string, count: number): Promise<Cost> => {
      await bench.seed(count, prefix);
      const before = processorMs(app.pid);
      const run = await migrateAll(app, bench);
      if (run.migrated !== count) throw new Error(`only ${run.migrated} of ${count} shops were migrated`);
      return { processorMs: (processorMs(app.pid) - before) / count, perSecond: count / secondsOf(run) };
    };
    const cold = await runOver("cold", first!);
    const next = await runOver("next", first!);
    const warm = await runOver("warm", shops!);
    await app.stop();
    found.bare.push(bare);
    found.cold.push(cold);
    found.next.push(next);
    found.warm.push(warm);
    say(
      `bare ${rounded(bare.processorMs, 2)} ms, ${rounded(bare.perSecond)}/s; app ${rounded(warm.processorMs, 2)} ms, ` +
        `${rounded(warm.perSecond)}/s, first ${rounded(cold.processorMs, 2)} ms, next ${rounded(next.processorMs, 2)} ms`,
    );
  }
  return found;
}

/** Of one migrated shop. */
async function countStatements(bench: ScenarioContext["bench"], shops: number): Promise<number> {
  await bench.reset();
  const instance = await bench.startInstance();
  await bench.seed(shops);
  const statements = async () => {
    const answer = once(instance, "message") as Promise<[{ statements: number }]>;
    instance.send("resources");
    return (await answer)[0].statements;
  };
  const before = await statements();
  await bench.run();
  const made = (await statements()) - before;
  await bench.stop(instance);
  return made / shops;
}

/** The middle one: one round in which the machine did something else decides nothing. */
const middle = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const ratio = (ours: Cost[], theirs: Cost[], of: keyof Cost) => middle(ours.map((one, i) => one[of] / theirs[i]![of]));

/** Over TLS, straight to the simulator: beside a client that does nothing but the calls. */
export const tls: Scenario = async (context) => {
  const { bench, say } = context;
  bench.useTls("direct");
  const { bare, warm, cold, next, statements } = await measure(context);
  await bench.reset();
  await bench.seed(SCRIPT_SECONDS * 15);
  await bench.simulator.faults.add(answersAfter(LATENCY_MS));
  const script = await bench.documentedScript(SCRIPT_SECONDS);
  bench.useTls(false);
  const scriptRate = script.shops / script.seconds;
  say(`script: ${rounded(scriptRate)}/s`);
  const processor = ratio(warm, bare, "processorMs");
  const speed = ratio(warm, bare, "perSecond");
  const start = ratio(cold, next, "processorMs");
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
