import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { machineFacts, measuredCommit } from "./machine-facts.ts";
import { openBench } from "./migration/bench-setup.ts";
import { plotRows } from "./migration/plot.ts";
import { markdownTable, report } from "./migration/report.ts";
import { instances } from "./migration/scenario-instances.ts";
import { kills } from "./migration/scenario-kills.ts";
import { memory } from "./migration/scenario-memory.ts";
import { limit } from "./migration/scenario-limit.ts";
import { outage } from "./migration/scenario-outage.ts";
import { refresh } from "./migration/scenario-refresh.ts";
import { rows as growth } from "./migration/scenario-rows.ts";
import { tls } from "./migration/scenario-tls.ts";
import { throughput } from "./migration/scenario-throughput.ts";
import type { Point, Row, Scenario } from "./migration/scenario.ts";

export const about =
  "the bulk migration beside Shopify's documented script: speed, limits, outage, growth, crashes (options: --only, --scale)";

const SCENARIOS: Record<string, Scenario> = {
  throughput,
  tls,
  limit,
  outage,
  instances,
  rows: growth,
  memory,
  refresh,
  kills,
};

/** Runs the table, prints it, and writes docs/benchmarks/migration.md when it was run in full. */
export async function run(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", multiple: true },
      scale: { type: "string", default: "1" },
    },
  });
  const chosen = values.only ?? Object.keys(SCENARIOS);
  const unknown = chosen.filter((name) => !(name in SCENARIOS));
  if (unknown.length > 0)
    throw new Error(`unknown: ${unknown.join(", ")}; there are ${Object.keys(SCENARIOS).join(", ")}`);

  const started = performance.now();
  const table: Row[] = [];
  const points: Point[] = [];
  const bench = await openBench();
  try {
    for (const name of chosen) {
      const begun = performance.now();
      process.stderr.write(`${name} …\n`);
      const say = (text: string) => void process.stderr.write(`  ${text}\n`);
      table.push(...(await SCENARIOS[name]!({ bench, scale: Number(values.scale), say, points })));
      process.stderr.write(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
    }
  } finally {
    await bench.close();
  }
  process.stdout.write(`\n${markdownTable(table)}\n`);
  if (!values.only && values.scale === "1") {
    const folder = join(PROJECT_ROOT, "docs/benchmarks");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "migration-rows.svg"), plotRows(points));
    const text = report({
      rows: table,
      points,
      command: "npm run bench -- migration",
      machine: machineFacts(),
      commit: measuredCommit(),
      seconds: (performance.now() - started) / 1000,
      date: new Date().toISOString().slice(0, 10),
    });
    await writeFile(join(folder, "migration.md"), text);
  }
  return table.every(({ holds }) => holds);
}
