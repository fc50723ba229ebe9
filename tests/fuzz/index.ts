/**
 * `npm run fuzz -- --requests 100000 --seed 1`: attacks the built app as a stranger would, prints what was answered, and ends with
 * code 1 when a property does not hold (run-fuzz.ts). `--phase` takes one phase instead of all three; `--from N --requests 1` sends
 * request N again, with the app's log.
 */
import { parseArgs } from "node:util";
import type { DemoPhase } from "../../scripts/demo/demo-app.ts";
import { openDatabases } from "../benchmarks/races/world.ts";
import { reportOf } from "./report.ts";
import { runFuzz } from "./run-fuzz.ts";

/** Most of an app's life is spent in expand, and both ways to install are open there. */
const SHARES: Record<DemoPhase, number> = { expand: 0.6, legacy: 0.2, contract: 0.2 };

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    phase: { type: "string" },
  },
});
const phases = Object.keys(SHARES).filter((phase) => !values.phase || phase === values.phase) as DemoPhase[];
if (phases.length === 0) throw new Error(`--phase takes ${Object.keys(SHARES).join(", ")}`);

const databases = await openDatabases();
let failed = false;
try {
  for (const phase of phases) {
    const requests = Math.ceil(Number(values.requests) * (phases.length === 1 ? 1 : SHARES[phase]));
    const database = await databases.create();
    const startedAt = performance.now();
    const report = await runFuzz({
      databaseUrl: database.url,
      phase,
      requests,
      seed: Number(values.seed),
      from: Number(values.from),
      onOutput: requests === 1 ? (text) => process.stderr.write(text) : undefined,
      onProgress: (sent) => process.stderr.write(process.stderr.isTTY ? `\r${phase}: ${sent} of ${requests}` : ""),
    });
    await database.drop();
    failed ||= report.failures.length > 0;
    process.stdout.write(`\n${reportOf(phase, report, (performance.now() - startedAt) / 1_000)}\n`);
  }
} finally {
  await databases.close();
}
process.exit(failed ? 1 : 0);
