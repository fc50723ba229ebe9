/**
 * `npm run demo`: Postgres, a simulator of Shopify, shops with permanent tokens, and the production build of the app, on one machine
 * and without any account. `-- --tour` plays the whole migration by itself and exits 0 or 1.
 */
import { parseArgs } from "node:util";
import { AppStartError } from "./app-process.ts";
import { watchAppEnvironment } from "./demo/app-environment.ts";
import { PHASES, type DemoPhase } from "./demo/demo-app.ts";
import { printWelcome } from "./demo/print-welcome.ts";
import { seedShops } from "./demo/seed-shops.ts";
import { openStage, type Stage } from "./demo/stage.ts";
import { bold, dim, red, since } from "./demo/terminal.ts";
import { playTour } from "./demo/tour/play-tour.ts";

const HELP = `npm run demo [-- options]

  --tour               play legacy → expand → migrate → a new client secret → contract, prove each step, exit 0 or 1
  --dev                run the sources with reload instead of the build (npm run sandbox)
  --phase <name>       legacy, expand (default) or contract; or set the two flags in the environment
  --shops <n>          shops with a permanent token (200)
  --admin-port <n>     the Shopify Admin look-alike (4000; the app inside it takes the next one)
  --app-port <n>       the app (3000)
  --sandbox-port <n>   the simulator's control page (4100)

Ports that are taken are replaced by free ones.`;

/** Longer than anything needs to end; Ctrl-C must not keep anybody waiting. */
const CLOSE_WITHIN_MS = 2_800;

const { values } = parseArgs({
  options: {
    help: { type: "boolean", short: "h", default: false },
    tour: { type: "boolean", default: false },
    dev: { type: "boolean", default: false },
    phase: { type: "string" },
    shops: { type: "string", default: "200" },
    "admin-port": { type: "string", default: "4000" },
    "app-port": { type: "string", default: "3000" },
    "sandbox-port": { type: "string", default: "4100" },
  },
});

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

function flags(): Record<string, string | undefined> {
  const { phase } = values;
  if (phase !== undefined) {
    if (!Object.hasOwn(PHASES, phase)) throw new Error(`--phase is legacy, expand or contract, not ${phase}`);
    return PHASES[phase as DemoPhase];
  }
  const { TOKEN_EXCHANGE_ENABLED, TOKEN_EXCHANGE_ROLLOUT, LEGACY_INSTALL_FLOW_ENABLED, CONTRACT_ANYWAY } = process.env;
  return { TOKEN_EXCHANGE_ENABLED, TOKEN_EXCHANGE_ROLLOUT, LEGACY_INSTALL_FLOW_ENABLED, CONTRACT_ANYWAY };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new Error(`--${name} is a whole number, not ${text}`);
  return value;
}

async function main(): Promise<void> {
  if (values.help) return void console.log(HELP);
  leaveOnRequest();
  const start = performance.now();
  console.log(bold(values.tour ? "\nExpand, then contract: the tour" : "\nExpand, then contract: the demo"));
  const tell = (what: string) => console.log(dim(`   ${what}`));
  stage = await openStage({
    ports: {
      admin: wholeNumber("admin-port", values["admin-port"]),
      app: wholeNumber("app-port", values["app-port"]),
      sandbox: wholeNumber("sandbox-port", values["sandbox-port"]),
    },
    mode: values.dev ? "development" : "production",
    onAppOutput: values.dev ? (text) => process.stdout.write(text) : undefined,
    tell,
  });
  const seeds = await seedShops(stage.sandbox.client, stage.database, wholeNumber("shops", values.shops));
  tell(`${seeds.permanent.length} shops with permanent tokens, and six awkward rows; ready in ${since(start)}`);

  if (values.tour) {
    process.exitCode = (await playTour(stage, seeds)) ? 0 : 1;
    return close();
  }
  const environment = flags();
  await stage.runner.start(environment);
  const { file } = await watchAppEnvironment(stage, environment);
  await printWelcome(stage, seeds, file);
}

main().catch(async (error: unknown) => {
  if (closing) return;
  const expected = error instanceof AppStartError;
  console.error(
    red(`\n${expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  );
  process.exitCode = 1;
  await close();
});
