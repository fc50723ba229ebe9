import { invalidRequest, problemResponse } from "../access/problem.ts";
import { openStream, tooManyStreams } from "./open-streams.ts";
import { runResponse } from "./run-response.ts";
import { streamJson } from "./stream-json.ts";
import { streamFormatOf, streamValues } from "./stream-values.ts";
import { services } from "../../services.server.ts";

const MOST_LISTED = 100;

/**
 * `GET /admin/migrate-tokens`: the run at work, else the latest; streams when `Accept` asks for it. With `?runs=<count>` the latest
 * runs, the newest first: `{"runs":[…]}`; with `?leftovers=<count>` the permanent rows that Shopify would not exchange, with the
 * reason: `{"leftovers":[…]}`.
 */
export async function showLatestMigration(request: Request, gone: AbortSignal): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const [runs, leftovers] = [searchParams.get("runs"), searchParams.get("leftovers")];
  if (runs !== null) return listed("runs", runs, (limit) => services.migrations.list(limit));
  if (leftovers !== null) return listed("leftovers", leftovers, (limit) => services.migrations.leftovers(limit));
  const run = await services.migrations.latest();
  return run
    ? showMigration(request, run.id, gone)
    : noRun("No migration has been started yet: POST /admin/migrate-tokens.");
}

/** `GET /admin/migrate-tokens/<id>`: with its first 100 failures, or with every one when `?failures=all`. @param gone the client is. */
export async function showMigration(request: Request, id: string, gone: AbortSignal): Promise<Response> {
  const { migrations, stopping } = services;
  const run = await migrations.get(id);
  if (!run) return noSuchRun(id);
  if (request.method === "HEAD") return runResponse(run);
  const format = streamFormatOf(request.headers.get("accept"));
  const signal = AbortSignal.any([gone, stopping]);
  if (!format) {
    const wantsAll = new URL(request.url).searchParams.get("failures") === "all";
    if (!wantsAll) return runResponse(run);
    return streamJson(run, "failures", migrations.failures(id), { signal, headers: runResponse(run).headers });
  }
  const runs = openStream("operator", () => migrations.watch(id, signal));
  if (!runs) return tooManyStreams();
  return streamValues(runs, { format, signal });
}

async function listed(field: string, count: string, list: (limit: number) => Promise<unknown[]>): Promise<Response> {
  const limit = /^\d{1,3}$/.test(count) ? Number(count) : 0;
  if (limit >= 1 && limit <= MOST_LISTED) return Response.json({ [field]: await list(limit) });
  const message = `must be a whole number, 1 to ${MOST_LISTED}`;
  return invalidRequest(`Correct and send again: ${field} ${message}.`, [{ field, message }]);
}

/** `POST /admin/migrate-tokens/<id>`: the word that a run waits for between two waves. */
export async function continueMigration(id: string): Promise<Response> {
  const run = await services.migrations.goOn(id);
  return run ? runResponse(run, { accepted: true }) : noSuchRun(id);
}

/** `DELETE /admin/migrate-tokens/<id>`: asks the run to stop after the calls in flight. */
export async function stopMigration(id: string): Promise<Response> {
  const run = await services.migrations.requestStop(id);
  return run ? runResponse(run, { accepted: true }) : noSuchRun(id);
}

function noSuchRun(id: string): Response {
  return noRun(
    `There is no run ${JSON.stringify(id.slice(0, 64))}. GET /admin/migrate-tokens answers with the latest one.`,
  );
}

function noRun(detail: string): Response {
  return problemResponse({ status: 404, code: "run_not_found", detail });
}
