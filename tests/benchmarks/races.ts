import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { machineFacts, measuredCommit } from "./machine-facts.ts";
import { buildPlainApp } from "./races/plain/build.ts";
import { markdownTable, report } from "./races/report.ts";
import { scenarioCost } from "./races/scenario-cost.ts";
import { scenarioExpired } from "./races/scenario-expired.ts";
import { scenarioMigration } from "./races/scenario-migration.ts";
import { scenarioOpens } from "./races/scenario-opens.ts";
import { scenarioStorm } from "./races/scenario-storm.ts";
import type { Row, ScenarioContext } from "./races/scenario.ts";
import { openDatabases } from "./races/world.ts";

export const about =
  "the plain library's races beside this app: orphaned shops, token calls, cost (options: --only, --scale, --seed)";

const SCENARIOS: Record<string, (context: ScenarioContext) => Promise<Row[]>> = {
  opens: scenarioOpens,
  expired: scenarioExpired,
  migration: scenarioMigration,
  storm: scenarioStorm,
  cost: scenarioCost,
};

/** Runs the table, prints it, and writes docs/benchmarks/races.md when it was run in full. */
export async function run(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", multiple: true },
      scale: { type: "string", default: "1" },
      seed: { type: "string", default: "1" },
      quiet: { type: "boolean", default: false },
    },
  });
  const chosen = values.only ?? Object.keys(SCENARIOS);
  const unknown = chosen.filter((name) => !(name in SCENARIOS));
  if (unknown.length > 0)
    throw new Error(`unknown: ${unknown.join(", ")}; there are ${Object.keys(SCENARIOS).join(", ")}`);

  const started = performance.now();
  await buildPlainApp();
  const databases = await openDatabases();
  const rows: Row[] = [];
  try {
    for (const name of chosen) {
      const begun = performance.now();
      const say = (text: string) => void (values.quiet || process.stderr.write(`  ${text}\n`));
      process.stderr.write(`${name} …\n`);
      rows.push(
        ...(await SCENARIOS[name]!({ databases, seed: Number(values.seed), scale: Number(values.scale), say })),
      );
      process.stderr.write(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
    }
  } finally {
    await databases.close();
  }
  process.stdout.write(`\n${markdownTable(rows)}\n`);
  if (!values.only && values.scale === "1") {
    const text = report({
      rows,
      command: "npm run bench -- races",
      machine: machineFacts(),
      commit: measuredCommit(),
      seconds: (performance.now() - started) / 1000,
      date: new Date().toISOString().slice(0, 10),
    });
    const file = join(PROJECT_ROOT, "docs/benchmarks/races.md");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return rows.every(({ holds }) => holds);
}
