import { setTimeout as sleep } from "node:timers/promises";
import { answersAfter, rounded, type Scenario } from "./scenario.ts";

const SHOPS = 6_000;
const LATENCY_MS = 200;
const OUTAGE_MS = 20_000;
const SCRIPT_SECONDS = 30;
const down = { id: "outage", effect: { kind: "status" as const, status: 503, body: "html" as const } };

/** The platform answers 503 to everything for twenty seconds in the middle of a run. */
export const outage: Scenario = async ({ bench, scale, say }) => {
  await bench.reset();
  await bench.seed(6_000);
  await bench.simulator.faults.add(answersAfter(20));
  const scriptRun = bench.documentedScript(SCRIPT_SECONDS);
  await sleep(5_000);
  await bench.simulator.faults.add(down);
  await sleep(OUTAGE_MS);
  await bench.simulator.faults.remove(down.id);
  const script = await scriptRun;

  await bench.reset();
  const shops = Math.max(2_500, Math.round(SHOPS * scale));
  await bench.seed(shops);
  await bench.simulator.faults.add(answersAfter(LATENCY_MS));
  const instance = await bench.startInstance();
  let [before, endedAt] = [0, 0];
  const run = await bench.run({}, async (id) => {
    while ((await bench.view(id)).migrated < 1_000) await sleep(50);
    before = await speed(bench, 2_000);
    await bench.simulator.faults.add(down);
    await sleep(OUTAGE_MS);
    await bench.simulator.faults.remove(down.id);
    endedAt = Date.now();
  });
  await bench.stop(instance);
  const calls = await bench.simulator.ledger.calls({ endpoint: "token" });
  const into = calls.filter((call) => call.status === 503).length;
  // The first second after the end in which as much was answered as in a second before.
  const answered = calls
    .filter((call) => call.status === 200 && call.endedWall! > endedAt)
    .map((call) => call.endedWall!);
  const full = answered.find(
    (time) => answered.filter((other) => other > time - 1_000 && other <= time).length >= 0.9 * before,
  );
  const seconds = full === undefined ? Infinity : (full - endedAt) / 1_000;
  const { rows: marked } = await bench.database.query(
    `SELECT 1 FROM expand_contract."ShopToken" WHERE "needsReauthAt" IS NOT NULL OR "suspendedAt" IS NOT NULL`,
  );
  say(`app: ${into} calls into the outage, ${marked.length} marked, full speed after ${rounded(seconds)} s`);
  const complete = run.migrated === shops && run.failed === 0;
  return [
    {
      measure: "an outage of 20 s in the middle: shops marked or left behind",
      script: `${script.failed} left behind`,
      ours: String(marked.length + run.failed),
      required: "0",
      holds: complete && marked.length === 0,
    },
    {
      measure: "the same: calls into the outage, per instance",
      script: `${script.failed}`,
      ours: String(into),
      required: "≤ 30",
      holds: into <= 30,
    },
    {
      measure: "the same: full speed again after its end",
      script: "at once",
      ours: `${rounded(seconds)} s`,
      required: "≤ 10 s",
      holds: seconds <= 10,
    },
  ];
};

/** Shops answered per second over a while from now. */
async function speed(bench: Parameters<Scenario>[0]["bench"], ms: number): Promise<number> {
  const from = Date.now();
  await sleep(ms);
  const calls = await bench.simulator.ledger.calls({ endpoint: "token" });
  return (
    calls.filter((call) => call.status === 200 && call.endedWall! > from && call.endedWall! <= from + ms).length /
    (ms / 1_000)
  );
}
