import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fillTable } from "./fill-table.ts";
import { answersAfter, percent, rounded, secondsOf, type Point, type Scenario } from "./scenario.ts";

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const PERMANENT = 1_000;
const LATENCY_MS = 50;
/** At a concurrency that leaves the machine idle, so that what is measured is what the table costs. */
const BODY = { concurrency: 5, verify: "none" };

/** The same thousand shops in ever larger tables, in which everybody else has a pair already. */
export const rows: Scenario = async ({ bench, scale, say, points }) => {
  for (const size of SIZES.filter((one) => scale >= 1 || one <= 100_000)) {
    await bench.reset();
    // Spread over the whole table: the names sort between the others.
    if (size > PERMANENT) await fillTable(bench, size - PERMANENT);
    await bench.seed(PERMANENT);
    await bench.database.query(`VACUUM (ANALYZE) "Session"`);
    await bench.simulator.faults.add(answersAfter(LATENCY_MS));
    const instance = await bench.startInstance();
    let firstAt = 0;
    const run = await bench.run(BODY, async (id) => {
      while (firstAt === 0) {
        const { rows: taken } = await bench.database.query<{ at: Date }>(
          `SELECT min("claimedAt") AS at FROM expand_contract."MigrationOutcome" WHERE "runId" = $1`,
          [id],
        );
        firstAt = taken[0]?.at?.getTime() ?? 0;
        await sleep(20);
      }
    });
    const resources = once(instance, "message") as Promise<[{ peakRss: number }]>;
    instance.send("resources");
    const [{ peakRss }] = await resources;
    await bench.stop(instance);
    if (run.migrated !== PERMANENT) throw new Error(`only ${run.migrated} shops were migrated`);
    const point: Point = {
      rows: size,
      secondsToFirstShop: (firstAt - Date.parse(run.startedAt)) / 1_000,
      millisecondsPerShop: (secondsOf(run) * 1_000) / PERMANENT,
      peakMemoryMb: peakRss / 2 ** 20,
      countMs: await fastestCount(bench),
    };
    points.push(point);
    say(
      `${size} rows: first shop after ${rounded(point.secondsToFirstShop, 2)} s, ${rounded(point.millisecondsPerShop)} ms a shop, ` +
        `peak ${Math.round(point.peakMemoryMb)} MB, count ${rounded(point.countMs, 2)} ms`,
    );
  }
  const from = points.find((point) => point.rows === 10_000)!;
  const to = points.at(-1)!;
  const memory = to.peakMemoryMb - from.peakMemoryMb;
  const slower = to.millisecondsPerShop / from.millisecondsPerShop - 1;
  const grows = `10,000 → ${to.rows.toLocaleString("en")} rows`;
  return [
    {
      measure: `${grows}: peak memory`,
      script: "reads every permanent session into memory at once",
      ours: `${memory >= 0 ? "+" : "−"}${rounded(Math.abs(memory))} MB`,
      required: "≤ +64 MB",
      holds: memory <= 64,
    },
    {
      measure: "the same: time per migrated shop",
      script: "–",
      ours: `${slower >= 0 ? "+" : "−"}${percent(Math.abs(slower))}`,
      required: "within 10%",
      holds: slower <= 0.1,
    },
    {
      measure: `\`permanentTokens\` at zero permanent rows of ${to.rows.toLocaleString("en")}`,
      script: "–",
      ours: `${rounded(to.countMs, 2)} ms`,
      required: "≤ 20 ms",
      holds: to.countMs <= 20,
    },
    {
      measure: `first shop taken up after the start, ${to.rows.toLocaleString("en")} rows`,
      script: "after `findMany` has read everything",
      ours: `${rounded(to.secondsToFirstShop, 2)} s`,
      required: "≤ 1 s",
      holds: to.secondsToFirstShop <= 1,
    },
  ];
};

async function fastestCount(bench: Parameters<Scenario>[0]["bench"]): Promise<number> {
  let fastest = Infinity;
  for (let i = 0; i < 5; i++) {
    const started = performance.now();
    if ((await bench.countPermanent()) !== 0) throw new Error("permanent tokens are left");
    fastest = Math.min(fastest, performance.now() - started);
  }
  return fastest;
}
