import { parseArgs } from "node:util";
import { PHASES, type DemoPhase } from "./demo-app.ts";

export const HELP = `npm run demo [-- options]

  --tour               play legacy → expand → migrate → a new client secret → contract, prove each step, exit 0 or 1
  --dev                run the sources with reload instead of the build (npm run sandbox)
  --phase <name>       legacy, expand (default) or contract; or set the two flags in the environment
  --shops <n>          shops with a permanent token (200)
  --admin-port <n>     the Shopify Admin look-alike (4000; the app inside it takes the next one)
  --app-port <n>       the app (3000)
  --sandbox-port <n>   the simulator's control page (4100)

Ports that are taken are replaced by free ones.`;

export interface DemoOptions {
  help: boolean;
  tour: boolean;
  dev: boolean;
  shops: number;
  ports: { admin: number; app: number; sandbox: number };
  /** The app's flags: of the phase, else of the environment. */
  flags: Record<string, string | undefined>;
}

/** A wrong option, in words for the person who typed it. */
export class DemoOptionError extends Error {
  readonly code = "wrong_option";

  constructor(message: string) {
    super(`${message}\n\n${HELP}`);
    this.name = "DemoOptionError";
  }
}

const MOST_SHOPS = 65_535;

/**
 * Reads what the demo was started with.
 * @throws DemoOptionError
 */
export function readOptions(args: string[], env: Record<string, string | undefined>): DemoOptions {
  const values = parse(args);
  return {
    help: values.help,
    tour: values.tour,
    dev: values.dev,
    shops: wholeNumber("shops", values.shops, 1, MOST_SHOPS),
    ports: {
      admin: wholeNumber("admin-port", values["admin-port"], 0, 65_535),
      app: wholeNumber("app-port", values["app-port"], 0, 65_535),
      sandbox: wholeNumber("sandbox-port", values["sandbox-port"], 0, 65_535),
    },
    flags: flagsOf(values.phase, env),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
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
    }).values;
  } catch (error) {
    // Node's words name the option and what is wrong with it.
    throw new DemoOptionError(error instanceof Error ? error.message : String(error));
  }
}

function flagsOf(phase: string | undefined, env: Record<string, string | undefined>): DemoOptions["flags"] {
  if (phase !== undefined) {
    if (!Object.hasOwn(PHASES, phase)) throw new DemoOptionError(`--phase is legacy, expand or contract, not ${phase}`);
    return PHASES[phase as DemoPhase];
  }
  const { TOKEN_EXCHANGE_ENABLED, TOKEN_EXCHANGE_ROLLOUT, LEGACY_INSTALL_FLOW_ENABLED, CONTRACT_ANYWAY } = env;
  return { TOKEN_EXCHANGE_ENABLED, TOKEN_EXCHANGE_ROLLOUT, LEGACY_INSTALL_FLOW_ENABLED, CONTRACT_ANYWAY };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new DemoOptionError(`--${name} is a whole number from ${least} to ${most}, not ${text}`);
}
