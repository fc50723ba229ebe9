/**
 * The HTTP server. Serves what `npm run build` made; with NODE_ENV=development, the sources through Vite.
 * Ends with code 1, and plain words, when the environment or the state of the migration forbids a start.
 */
import { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";
import { inspect } from "node:util";
import { setFlagsFromString } from "node:v8";

// Memory for a little processor time (docs/benchmarks/cost.md): the heap may grow by a fifth, instead of to several times its size, before what is
// old is collected. With the young generation that `npm start` allows (8 MB instead of 32) a run adds a third of what it would.
setFlagsFromString("--heap-growing-percent=20");
// What is compiled once is read from a file at the next start. A folder that cannot be written is no problem: then nothing is kept.
enableCompileCache(process.env.NODE_COMPILE_CACHE || join(import.meta.dirname, "node_modules/.cache/compiled"));
/** Milliseconds after the start: the first pages have been served. */
const COMPILED_AFTER_MS = 60_000;
process.env.NODE_ENV ||= "production";
const { createSecretScrubber } = await import("./app/infra/log/secret-scrubber.ts");
const { secretsOf } = await import("./app/infra/log/secrets-of.ts");
// Read when they are loaded: React, for one, is several times slower when it believes that it is being developed.
const { startServer } = await import("./server/start-server.ts");

try {
  const server = await startServer({ root: import.meta.dirname });
  // Not left to the end alone, which may be a kill.
  setTimeout(flushCompileCache, COMPILED_AFTER_MS).unref();
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
