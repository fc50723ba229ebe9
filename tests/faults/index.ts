/**
 * `npm run test:faults [-- --only name]`: real faults under load on two processes of the production build. Prints a table, writes it to
 * docs/benchmarks/faults.md when all were run, and ends with code 1 when anything was lost.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { openDatabases } from "../benchmarks/races/world.ts";
import type { Fault } from "./fault.ts";
import { faultsReport, type FaultRow, rowOf } from "./faults-report.ts";
import { databaseFaults } from "./kinds/database-faults.ts";
import { diskFull } from "./kinds/disk-full.ts";
import { locks } from "./kinds/locks.ts";
import { pgbouncer } from "./kinds/pgbouncer.ts";
import { processFaults } from "./kinds/process-faults.ts";
import { runBackup } from "./kinds/restored-backup.ts";
import { shopifyFaults } from "./kinds/shopify-faults.ts";
import { twoVersions } from "./kinds/two-versions.ts";
import { runFault } from "./run-fault.ts";

const FAULTS: Record<string, Fault> = {
  ...databaseFaults,
  ...locks,
  pgbouncer,
  "disk-full": diskFull,
  ...processFaults,
  ...shopifyFaults,
  ...twoVersions,
};
const BACKUP = "restored-backup";

const { values } = parseArgs({ options: { only: { type: "string", multiple: true } } });
const names = [...Object.keys(FAULTS), BACKUP];
const chosen = values.only ?? names;
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown.join(", ")}; there are ${names.join(", ")}\n`);
  process.exit(2);
}

const started = performance.now();
const databases = await openDatabases();
const rows: FaultRow[] = [];
try {
  for (const name of chosen) {
    if (name === BACKUP) continue;
    const fault = FAULTS[name]!;
    const missing = await fault.missing?.();
    if (missing) {
      rows.push({ title: fault.title, missing });
    } else {
      try {
        rows.push(rowOf(fault, await runFault(fault, { databases })));
      } catch (error) {
        rows.push({ title: fault.title, broke: error instanceof Error ? error.message : String(error) });
      }
    }
    process.stderr.write(`${name}: ${JSON.stringify(rows.at(-1))}\n`);
  }
  const backup = chosen.includes(BACKUP) ? await runBackup(databases) : undefined;
  if (backup) process.stderr.write(`${BACKUP}: ${JSON.stringify(backup)}\n`);
  const text = faultsReport(rows, backup, (performance.now() - started) / 1_000);
  process.stdout.write(text);
  if (!values.only) {
    const file = join(PROJECT_ROOT, "docs/benchmarks/faults.md");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  process.exitCode = rows.every((row) => row.missing !== undefined || row.holds) && backup?.holds !== false ? 0 : 1;
} finally {
  await databases.close();
}
