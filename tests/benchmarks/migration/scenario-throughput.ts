import { answersAfter, CONCURRENCY, LATENCY_MS, percent, rounded, secondsOf, type Scenario } from "./scenario.ts";

const SHOPS = 10_000;
const SCRIPT_SECONDS = 20;

/** As many shops as an app of some size has, answers of 100 ms, default settings. */
export const throughput: Scenario = async ({ bench, scale, say }) => {
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
  const run = await bench.run();
  await bench.stop(instance);
  const rate = run.migrated / secondsOf(run);
  const most = CONCURRENCY / (LATENCY_MS / 1_000);
  say(`app: ${rounded(rate)}/s over ${rounded(secondsOf(run))} s`);
  const complete = run.migrated === shops && run.permanentTokens === 0;
  return [
    {
      measure: `${shops} shops, ${LATENCY_MS} ms answers, default settings: shops per second`,
      script: `${rounded(scriptRate)} (first ${Math.round(script.seconds)} s)`,
      ours: `${rounded(rate)} (${rounded(rate / scriptRate)} ×)`,
      required: "≥ 20 ×",
      holds: complete && rate >= 20 * scriptRate,
    },
    {
      measure: "the same, as a share of concurrency ÷ latency",
      script: percent(scriptRate / most),
      ours: percent(rate / most),
      required: "≥ 90%",
      holds: complete && rate >= 0.9 * most,
    },
  ];
};
