import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  answersAfter,
  CONCURRENCY,
  LATENCY_MS,
  percent,
  rounded,
  secondsOf,
  type Scenario,
  type ScenarioContext,
} from "./scenario.ts";

const SHOPS = 10_000;
const SCRIPT_SECONDS = 20;

interface Rates {
  shops: number;
  script: number;
  scriptSeconds: number;
  ours: number;
  /** Processor time of the app's instance for each shop, all threads, milliseconds. */
  processorMs: number;
  isComplete: boolean;
}

async function measure({ bench, scale, say }: ScenarioContext): Promise<Rates> {
  const shops = Math.round(SHOPS * scale);
  await bench.reset();
  await bench.seed(Math.max(500, Math.round(SCRIPT_SECONDS * 15)));
  await bench.simulator.faults.add(answersAfter(LATENCY_MS));
  const script = await bench.documentedScript(SCRIPT_SECONDS);
  const scriptRate = script.shops / script.seconds;
  say(`script: ${rounded(scriptRate)}/s`);

  await bench.reset();
  await bench.seed(shops);
  await bench.simulator.faults.add(answersAfter(LATENCY_MS));
  const instance = await bench.startInstance();
  const before = await processorMsOf(instance);
  const run = await bench.run();
  const processorMs = ((await processorMsOf(instance)) - before) / shops;
  await bench.stop(instance);
  const ours = run.migrated / secondsOf(run);
  say(`app: ${rounded(ours)}/s over ${rounded(secondsOf(run))} s, ${rounded(processorMs)} ms of processor a shop`);
  const isComplete = run.migrated === shops && run.permanentTokens === 0;
  return { shops, script: scriptRate, scriptSeconds: script.seconds, ours, processorMs, isComplete };
}

async function processorMsOf(instance: ChildProcess): Promise<number> {
  const answer = once(instance, "message") as Promise<[{ cpuMs: number }]>;
  instance.send("resources");
  return (await answer)[0].cpuMs;
}

/** As many shops as an app of some size has, answers of 100 ms, default settings. */
export const throughput: Scenario = async (context) => {
  const most = CONCURRENCY / (LATENCY_MS / 1_000);
  const plain = await measure(context);
  context.bench.useTls(true);
  const tls = await measure(context);
  context.bench.useTls(false);
  return [
    {
      measure: `${plain.shops} shops, ${LATENCY_MS} ms answers, default settings: shops per second`,
      script: `${rounded(plain.script)} (first ${Math.round(plain.scriptSeconds)} s)`,
      ours: `${rounded(plain.ours)} (${rounded(plain.ours / plain.script)} ×)`,
      required: "≥ 20 ×",
      holds: plain.isComplete && plain.ours >= 20 * plain.script,
    },
    {
      measure: "the same, as a share of concurrency ÷ latency",
      script: percent(plain.script / most),
      ours: percent(plain.ours / most),
      required: "≥ 90%",
      holds: plain.isComplete && plain.ours >= 0.9 * most,
    },
    {
      measure: "the same over TLS: a proxy, and a handshake for every shop",
      script: rounded(tls.script),
      ours: `${rounded(tls.ours)} (${rounded(tls.ours / tls.script)} ×; ${percent(tls.ours / most)})`,
      required: "–",
      holds: tls.isComplete,
    },
    {
      measure: "processor time of the app's instance for each shop: plain / over TLS and the proxy",
      script: "–",
      ours: `${rounded(plain.processorMs)} / ${rounded(tls.processorMs)} ms`,
      required: "–",
      holds: true,
    },
  ];
};
