/**
 * `npm run soak -- --minutes 30 --days 100 --shops 2000`: traffic, jobs and keep-alive while days go by; nothing may grow beyond its bound, and no
 * chain may be lost. Prints a table, writes it to docs/benchmarks/soak.md, and ends with code 1 when a bound does not hold.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { machineFacts, measuredCommit } from "../benchmarks/machine-facts.ts";
import { openDatabases } from "../benchmarks/races/world.ts";
import { runSoak } from "./run-soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    days: { type: "string", default: "100" },
    shops: { type: "string", default: "2000" },
  },
});
const [minutes, days, shops] = [values.minutes, values.days, values.shops].map(Number) as [number, number, number];
if (![minutes, days, shops].every((value) => value > 0)) {
  process.stderr.write("Usage: npm run soak -- --minutes 30 --days 100 --shops 2000\n");
  process.exit(2);
}

const databases = await openDatabases();
try {
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const { readings, bounds, answers, refreshes } = await runSoak({ databases, minutes, days, shops, say });
  const rows = bounds.map(
    ({ what, seen, bound, holds }) => `| ${what} | ${holds ? seen : `**${seen}** ✗`} | ${bound} |`,
  );
  const every = Math.max(1, Math.ceil(readings.length / 10));
  const series = readings
    .filter((_, index) => (index + 1) % every === 0)
    .map(
      (r) =>
        `| ${Math.round(r.at)} | ${r.memoryMb.map((mb) => mb.toFixed(0)).join(", ")} | ${r.connections} | ${r.events} | ${r.waitingJobs} | ${r.finishedJobs} | ${r.databaseMb} |`,
    );
  const text = `# Soak

Traffic, background jobs and keep-alive on two processes of the production build: ${minutes} minutes of wall time, ${days} days of the simulator's clock, ${shops} shops. A third of the
shops has a merchant; the chains of the others, of all ages from 0 to 35 days at the beginning, live by keep-alive alone. A day goes by every ${((minutes * 60) / days).toFixed(0)} s: the simulator's clock goes
forward, and what the app has written goes back by as much.

\`\`\`sh
npm run soak -- --minutes ${minutes} --days ${days} --shops ${shops}
\`\`\`

${answers} requests and ${refreshes} refreshes:

| | seen | bound |
| --- | --- | --- |
${rows.join("\n")}

| seconds | memory of the processes, MB | connections | token events | jobs that wait | finished jobs | database, MB |
| --- | --- | --- | --- | --- | --- | --- |
${series.join("\n")}

pg-boss removes finished jobs every ten minutes of wall time; the database grows by them until then.

${minutes < 30 || days < 100 ? "The whole form is 30 minutes, 100 days and 2,000 shops; it was not run for this page.\n\n" : ""}Measured on ${new Date().toISOString().slice(0, 10)} at ${measuredCommit()}: ${machineFacts()}.
`;
  process.stdout.write(text);
  await writeFile(join(PROJECT_ROOT, "docs/benchmarks/soak.md"), text);
  process.exitCode = bounds.every(({ holds }) => holds) ? 0 : 1;
} finally {
  await databases.close();
}
