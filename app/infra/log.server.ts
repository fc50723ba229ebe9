import { pino, type Logger } from "pino";
import { createSecretScrubber } from "./secret-scrubber.ts";

export type { Logger };

/** Where log lines go; the default is standard output. */
export interface LogDestination {
  write(line: string): void;
}

/**
 * The app's logger: one JSON line per event on standard output, every line scrubbed of tokens and of `secrets`.
 * @param secrets values that must never be written, whatever their shape (client secret, migration secret, database password).
 */
export function createLogger(
  level: string,
  secrets: readonly (string | undefined)[] = [],
  destination: LogDestination = process.stdout,
): Logger {
  const scrub = createSecretScrubber(secrets);
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: scrub },
    },
    destination as pino.DestinationStream,
  );
}
