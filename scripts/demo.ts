/**
 * `npm run demo`: Postgres, a simulator of Shopify, shops with permanent tokens, and the production build of the app, on one machine
 * and without any account. `-- --tour` plays the whole migration by itself and exits 0 or 1.
 */
import { AppStartError } from "./app-process.ts";
import { watchAppEnvironment } from "./demo/app-environment.ts";
import { printWelcome } from "./demo/print-welcome.ts";
import { DemoOptionError, HELP, readOptions } from "./demo/read-options.ts";
import { seedShops } from "./demo/seed-shops.ts";
import { openStage, type Stage } from "./demo/stage.ts";
import { bold, dim, red, since } from "./demo/terminal.ts";
import { playTour } from "./demo/tour/play-tour.ts";

/** Longer than anything needs to end; Ctrl-C must not keep anybody waiting. */
const CLOSE_WITHIN_MS = 2_800;

let stage: Stage | undefined;
let closing: Promise<void> | undefined;

function close(): Promise<void> {
  return (closing ??= (async () => {
    setTimeout(() => process.exit(process.exitCode ?? 1), CLOSE_WITHIN_MS).unref();
    await stage?.close();
  })());
}

function leaveOnRequest(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (closing) return;
      process.exitCode = signal === "SIGINT" ? 130 : 143;
      console.log(dim("\nstopping …"));
      void close().finally(() => process.exit());
    });
  }
  // Killed above us, without a chance to pass it on: no child process is left behind.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.kill(process.pid, "SIGHUP"), 500).unref();
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.help) return void console.log(HELP);
  leaveOnRequest();
  const start = performance.now();
  console.log(bold(options.tour ? "\nExpand, then contract: the tour" : "\nExpand, then contract: the demo"));
  const tell = (what: string) => console.log(dim(`   ${what}`));
  stage = await openStage({
    ports: options.ports,
    mode: options.dev ? "development" : "production",
    onAppOutput: options.dev ? (text) => process.stdout.write(text) : undefined,
    tell,
  });
  const seeds = await seedShops(stage.sandbox.client, stage.database, options.shops);
  tell(`${seeds.permanent.length} shops with permanent tokens, and six awkward rows; ready in ${since(start)}`);

  if (options.tour) {
    process.exitCode = (await playTour(stage, seeds)) ? 0 : 1;
    return close();
  }
  await stage.runner.start(options.flags);
  const { file } = await watchAppEnvironment(stage, options.flags);
  await printWelcome(stage, seeds, file);
}

main().catch(async (error: unknown) => {
  if (closing) return;
  const expected = error instanceof AppStartError || error instanceof DemoOptionError;
  console.error(
    red(`\n${expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  );
  process.exitCode = error instanceof DemoOptionError ? 2 : 1;
  await close();
});
