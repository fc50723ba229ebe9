import { renderToStaticMarkup } from "react-dom/server";
import { systemClock } from "../../../infra/clock.ts";
import { services } from "../../../services.server.ts";
import { openStream, tooManyStreams } from "../../run/open-streams.ts";
import { streamFormatOf, streamValues } from "../../run/stream-values.ts";
import { RunPage } from "../../pages/run-page.tsx";
import { RunProgress } from "../../pages/parts/run-progress.tsx";
import { type ConsoleRequest, messageResponse } from "../door/console-route.server.tsx";
import { htmlResponse } from "../door/respond.server.ts";
import { isRunId, readRunOptions } from "../facts/read-run-options.server.ts";

/** `GET /admin/runs/<id>`: the page, or, as server-sent events, its live part each time that the run has changed. */
export async function showRun({ request, params, visitor, gone }: ConsoleRequest): Promise<Response> {
  const { db, migrations } = services;
  const id = params["id"];
  const [run, options] = isRunId(id)
    ? await Promise.all([migrations.get(id), readRunOptions(db, id)])
    : [undefined, undefined];
  if (!run || !options) return noSuchRun();
  if (request.method !== "HEAD" && streamFormatOf(request.headers.get("Accept")) === "sse") {
    // A stream outlives no session: the browser then asks again, and is refused.
    const ends = AbortSignal.timeout(Math.max(0, visitor.expiresAt - systemClock()));
    const signal = AbortSignal.any([gone, services.stopping, ends]);
    const parts = openStream(visitor.role, () => progressOf(run.id, signal));
    if (!parts) return tooManyStreams();
    return streamValues(parts, { format: "sse", signal });
  }
  return htmlResponse(<RunPage run={run} options={options} visitor={visitor} />);
}

async function* progressOf(id: string, signal: AbortSignal) {
  for await (const run of services.migrations.watch(id, signal)) {
    yield { html: renderToStaticMarkup(<RunProgress run={run} />), ended: run.status !== "running" };
  }
}

export function noSuchRun(): Response {
  return messageResponse(
    404,
    "There is no such run",
    "The runs there are: /admin/runs. Old ones are kept, so the address may be mistyped.",
  );
}
