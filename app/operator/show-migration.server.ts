import { problemResponse } from "./problem.ts";
import { runResponse } from "./run-response.ts";
import { streamJson } from "./stream-json.ts";
import { streamFormatOf, streamValues } from "./stream-values.ts";
import { services } from "../services.server.ts";

/** `GET /admin/migrate-tokens`: the run at work, else the latest. Streams when `Accept` asks for it. */
export async function showLatestMigration(request: Request): Promise<Response> {
  const run = await services.migrations.latest();
  return run ? showMigration(request, run.id) : noRun("No migration has been started yet: POST /admin/migrate-tokens.");
}

/** `GET /admin/migrate-tokens/<id>`: with its first 100 failures, or with every one when `?failures=all`. */
export async function showMigration(request: Request, id: string): Promise<Response> {
  const { migrations, stopping } = services;
  const run = await migrations.get(id);
  if (!run) return noSuchRun(id);
  if (request.method === "HEAD") return runResponse(run);
  const format = streamFormatOf(request.headers.get("accept"));
  const signal = AbortSignal.any([request.signal, stopping]);
  if (!format) {
    const wantsAll = new URL(request.url).searchParams.get("failures") === "all";
    if (!wantsAll) return runResponse(run);
    return streamJson(run, "failures", migrations.failures(id), { signal, headers: runResponse(run).headers });
  }
  return streamValues(migrations.watch(id, signal), { format, event: "run", signal });
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
  return problemResponse({ status: 404, code: "run_not_found", title: "Not Found", detail });
}
