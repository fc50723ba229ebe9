import { pino, type ChildLoggerOptions, type Logger } from "pino";
import { scrubValue } from "./scrub-value.ts";
import { createSecretScrubber } from "./secret-scrubber.ts";

export type { Logger };

/** Where log lines go; the default is standard output. */
export interface LogDestination {
  write(line: string): void;
}

/**
 * The app's logger: one JSON line per event on standard output. Values are scrubbed of tokens and of `secrets` before they become JSON;
 * the finished line is looked at once more.
 * @param secrets values that must never be written, whatever their shape (client secret, migration secret, database password).
 */
export function createLogger(
  level: string,
  secrets: readonly (string | undefined)[] = [],
  destination: LogDestination = process.stdout,
): Logger {
  const scrub = createSecretScrubber(secrets);
  const log = pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => scrubValue(fields, scrub) as Record<string, unknown>,
      },
      serializers: { err: (err: unknown) => err, msg: (message: unknown) => scrubValue(message, scrub) },
      hooks: { streamWrite: scrub },
    },
    destination as pino.DestinationStream,
  );
  // pino formats the fields of a child logger once, and not with `formatters.log`.
  type Child = (this: unknown, fields: pino.Bindings, options?: ChildLoggerOptions) => unknown;
  const child = log.child as Child;
  const scrubbed: Child = function (fields, options) {
    return child.call(this, scrubValue(fields, scrub) as pino.Bindings, options);
  };
  log.child = scrubbed as typeof log.child;
  return log;
}
