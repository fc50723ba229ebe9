/**
 * Everything that must hold before a change is shared: format, lint, types, schema drift, build, tests. Goes on after a failure, so
 * that one run tells all of it. `--without-tests` leaves the tests out, for a pipeline that runs `npm test` by itself.
 */
import { runCommand } from "./run-command.ts";

interface Check {
  name: string;
  command: string;
  args: string[];
}

const checks: Check[] = [
  { name: "format", command: "prettier", args: ["--check", "."] },
  { name: "lint", command: "npm", args: ["run", "--silent", "lint"] },
  { name: "architecture", command: process.execPath, args: ["scripts/draw-architecture.ts", "--check"] },
  { name: "types", command: "tsc", args: ["--noEmit"] },
  { name: "schema drift", command: process.execPath, args: ["scripts/check-schema-drift.ts"] },
  { name: "build", command: process.execPath, args: ["scripts/bootstrap.mjs", "--build"] },
];
if (!process.argv.includes("--without-tests")) checks.push({ name: "tests", command: "vitest", args: ["run"] });

const results: { name: string; ok: boolean; seconds: number }[] = [];
for (const { name, command, args } of checks) {
  console.log(`\n== ${name}`);
  const start = Date.now();
  const ok = (await runCommand(command, args)) === 0;
  results.push({ name, ok, seconds: (Date.now() - start) / 1000 });
}

console.log("");
for (const { name, ok, seconds } of results)
  console.log(`${ok ? "✓" : "✗"} ${name.padEnd(14)} ${seconds.toFixed(1)} s`);
const failed = results.filter(({ ok }) => !ok);
console.log(failed.length === 0 ? "All checks hold." : `Failed: ${failed.map(({ name }) => name).join(", ")}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
