#!/usr/bin/env node
/** The operator's command line: `npm run tokens -- migrate|status|watch|stop|failures|doctor`. It speaks HTTP only. */
import { CommanderError } from "commander";
import { EXIT } from "./commands.ts";
import { createProgram } from "./create-program.ts";

// `… | head` closes the pipe before everything is written.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(141);
    throw error;
  });
}

try {
  await createProgram().parseAsync();
} catch (error) {
  // Commander has said what is wrong.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.failed;
}
