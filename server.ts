/**
 * The HTTP server. Serves what `npm run build` made; with NODE_ENV=development, the sources through Vite.
 * Ends with code 1, and plain words, when the environment or the state of the migration forbids a start.
 */
import { inspect } from "node:util";
import { createSecretScrubber } from "./app/infra/log/secret-scrubber.ts";
import { secretsOf } from "./app/infra/log/secrets-of.ts";

process.env.NODE_ENV ||= "production";
// Read when they are loaded: React, for one, is several times slower when it believes that it is being developed.
const { startServer } = await import("./server/start-server.ts");

try {
  const server = await startServer({ root: import.meta.dirname });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void server.stopAndExit(signal));
  // Through the log, which scrubs secrets; Node's own report would print whatever the error holds.
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      server.log.fatal({ err: error }, event);
      process.exit(1);
    });
  }
} catch (error) {
  // Not thrown on: Node's own report would print whatever the error holds.
  const scrub = createSecretScrubber(secretsOf(process.env));
  process.stderr.write(`${scrub(isPlain(error) ? error.message : inspect(error))}\n`);
  process.exit(1);
}

/** Errors whose message is meant for whoever starts the app; a stack trace would only hide it. */
function isPlain(error: unknown): error is Error {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return code === "invalid_environment" || code === "start_refused" || code === "not_built" || code === "EADDRINUSE";
}
