import {
  createMigrations as createCore,
  parseMigrationOptions,
  type MigrationOptions,
  type Migrations as CoreMigrations,
} from "../../../app/migration/index.ts";
import type { TokenLog, Tokens } from "../../../app/tokens/index.ts";
import { findParts } from "./app-parts.ts";

/** A run, without HTTP. */
export interface Migrations extends Omit<CoreMigrations, "start"> {
  /** Starts a run, or joins the one that is running. @param options what is left out has the defaults of `POST /admin/migrate-tokens`. */
  start(options?: Partial<MigrationOptions>): ReturnType<CoreMigrations["start"]>;
}

/** An instance without work looks for a run this often. */
const POLL_MS = 5_000;

/**
 * The bulk migration of an app's permanent tokens. One per process; any number of processes may share a database and work on one run
 * together. `operatorRoutes` makes one by itself.
 */
export function createMigrations(tokens: Tokens): Migrations {
  const { db, phase, log, metrics } = findParts(tokens);
  const core = createCore({ db, tokens, phase, log: withChild(log), metrics, pollMs: POLL_MS });
  return { ...core, start: (options) => core.start({ ...parseMigrationOptions(undefined), ...options }) };
}

type CoreLog = Parameters<typeof createCore>[0]["log"];

/** pino makes child loggers by itself; to others the fields are added at each line. */
function withChild(log: TokenLog, bound: object = {}): CoreLog {
  if ("child" in log) return log as CoreLog;
  const line =
    (level: keyof TokenLog) =>
    (fields: object, message: string): void =>
      log[level]({ ...bound, ...fields }, message);
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    child: (fields: object) => withChild(log, { ...bound, ...fields }),
  } as unknown as CoreLog;
}
