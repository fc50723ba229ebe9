/**
 * `npm run worker`: background jobs and nothing else, for deployments that keep them out of the web processes (`RUN_JOBS=false` there).
 * Any number may run; they share the queue. On SIGTERM the jobs in hand are finished, then the process ends.
 */
import { inspect } from "node:util";
import { findDatabaseProblem } from "../infra/database/db-pool.ts";
import { EnvironmentError } from "../infra/env.server.ts";
import { createSecretScrubber } from "../infra/log/secret-scrubber.ts";
import { secretsOf } from "../infra/log/secrets-of.ts";
import { StartRefusedError } from "./first-contract-start.server.ts";

try {
  const { services } = await import("../services.server.ts");
  const { log, jobs, tokens } = services;
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, event);
      process.exit(1);
    });
  }
  let ending = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (ending) return;
      ending = true;
      log.info({ signal }, "stopping: no more jobs are taken up, those in hand are finished");
      void services.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, "did not stop cleanly");
          process.exit(1);
        },
      );
    });
  }
  const problem = await findDatabaseProblem(services.env.DATABASE_URL);
  if (problem) throw new StartRefusedError(problem);
  const keyProblem = await tokens.keyProblem();
  if (keyProblem?.isBlocking) throw new StartRefusedError(`${keyProblem.what}. ${keyProblem.remedy}`);
  await jobs.start();
  log.info({ phase: services.env.phase }, "worker ready");
} catch (error) {
  // Not thrown on: Node's own report would print whatever the error holds.
  const scrub = createSecretScrubber(secretsOf(process.env));
  const isPlain = error instanceof EnvironmentError || error instanceof StartRefusedError;
  process.stderr.write(`${scrub(isPlain ? error.message : inspect(error))}\n`);
  process.exit(1);
}
