import { setTimeout as sleep } from "node:timers/promises";
import { fillTable } from "./fill-table.ts";
import { migrateAll, startProductionApp } from "./production-app.ts";
import { residentMb } from "./resident-memory.ts";
import { answersAfter, LATENCY_MS, rounded, type Scenario } from "./scenario.ts";

const ROWS = 1_000_000;
const SHOPS = 1_000;
const SETTLE_MS = 15_000;

/** What an instance holds while it migrates a thousand shops in a table of a million rows, beside the same instance before. */
export const memory: Scenario = async ({ bench, scale, say }) => {
  bench.useTls("direct");
  await bench.reset();
  const rows = Math.round(ROWS * scale);
  await fillTable(bench, rows - SHOPS);
  await bench.seed(SHOPS);
  await bench.database.query(`VACUUM (ANALYZE) "Session"`);
  await bench.simulator.faults.add(answersAfter(LATENCY_MS));
  const app = await startProductionApp(bench);
  try {
    await sleep(SETTLE_MS);
    const idleMb = residentMb(app.pid);
    let peakMb = idleMb;
    await migrateAll(app, bench, () => (peakMb = Math.max(peakMb, residentMb(app.pid))));
    const grown = peakMb - idleMb;
    say(`idle ${rounded(idleMb)} MB, at most ${rounded(peakMb)} MB while it migrates`);
    return [
      {
        measure: `memory of an instance that migrates ${SHOPS} shops in a table of ${rows.toLocaleString("en")} rows, over the same one idle`,
        script: "–",
        ours: `+${rounded(grown)} MB (${rounded(idleMb)} → ${rounded(peakMb)})`,
        required: "≤ +32 MB",
        holds: grown <= 32,
      },
    ];
  } finally {
    bench.useTls(false);
    await app.stop();
  }
};
