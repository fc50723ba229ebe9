/**
 * `npm run bench -- <name> [options]`: runs a benchmark, `<name>.ts` beside this file. Each prints its table, writes it to
 * docs/benchmarks/, and ends with code 1 when what is required of the app does not hold.
 */
import { readdirSync } from "node:fs";

interface Benchmark {
  /** What it measures, in one line. */
  about: string;
  /** @returns whether everything that is required holds. */
  run(args: readonly string[]): Promise<boolean>;
}

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && file !== "index.ts" && !file.includes("-"))
  .map((file) => file.slice(0, -3));

const [name, ...args] = process.argv.slice(2);
if (!name || !names.includes(name)) {
  const lines = await Promise.all(names.map(async (one) => `  ${one.padEnd(12)}${(await load(one)).about}`));
  process.stderr.write(`Usage: npm run bench -- <name> [options]\n\n${lines.join("\n")}\n`);
  process.exit(name ? 1 : 0);
}
const holds = await (await load(name)).run(args);
process.exit(holds ? 0 : 1);

async function load(benchmark: string): Promise<Benchmark> {
  return (await import(`./${benchmark}.ts`)) as Benchmark;
}
