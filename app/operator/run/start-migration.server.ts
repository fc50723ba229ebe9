import {
  FlowNotReadyError,
  MigrationRequestError,
  parseMigrationOptions,
  TokenKeysError,
  type MigrationOptions,
} from "../../migration/index.ts";
import { conflict, invalidRequest } from "../access/problem.ts";
import { readJsonBody } from "../access/read-json-body.ts";
import { runResponse } from "./run-response.ts";
import { services } from "../../services.server.ts";

/**
 * `POST /admin/migrate-tokens`: starts a run or joins the one there is, waits as long as asked, and answers 200 with the
 * finished run or 202 with the run so far; `joined` says whether the run was there before, with options of its own. A server that is
 * about to stop answers at once; the run goes on elsewhere.
 */
export async function startMigration(request: Request, gone: AbortSignal): Promise<Response> {
  const { migrations, stopping } = services;
  try {
    const options = await optionsOf(request);
    const { run, joined } = await migrations.start(options);
    const signal = AbortSignal.any([gone, stopping]);
    const later = run.status === "running" ? await migrations.waitFor(run.id, options.waitSeconds, signal) : run;
    return runResponse({ ...(later ?? run), joined }, { accepted: true });
  } catch (error) {
    if (error instanceof MigrationRequestError) {
      const problems = error.problems.map(({ field, message }) => `${field} ${message}`).join("; ");
      return invalidRequest(`Correct and send again: ${problems}.`, error.problems);
    }
    if (error instanceof FlowNotReadyError || error instanceof TokenKeysError) {
      return conflict(error.code, error.message);
    }
    throw error;
  }
}

async function optionsOf(request: Request): Promise<MigrationOptions> {
  try {
    return parseMigrationOptions(await readJsonBody(request));
  } catch (error) {
    if (error instanceof SyntaxError) throw new MigrationRequestError([{ field: "body", message: "is not JSON" }]);
    throw error;
  }
}
