import { FlowNotReadyError } from "../../../migration/index.ts";
import { services } from "../../../services.server.ts";
import { RehearsePage } from "../../pages/rehearse-page.tsx";
import { RunsPage } from "../../pages/runs-page.tsx";
import { type ConsoleRequest, type ConsoleSubmission, messageResponse } from "../door/console-route.server.tsx";
import { htmlResponse, seeOther } from "../door/respond.server.ts";
import { readRunOptions } from "../facts/read-run-options.server.ts";
import { FIRST_VALUES, runFormValues, runOptionsOf, valuesOf } from "../facts/run-form.ts";

const LISTED = 50;

/** `GET /admin/runs` */
export async function showRuns({ visitor }: ConsoleRequest): Promise<Response> {
  return htmlResponse(<RunsPage runs={await services.migrations.list(LISTED)} visitor={visitor} />);
}

/** `GET /admin/runs/new`: the form, with the options of an earlier run when one is named. */
export async function showRehearsalForm({ visitor, url }: ConsoleRequest): Promise<Response> {
  if (visitor.role !== "operator") return seeOther("/admin/runs");
  const from = url.searchParams.get("from");
  const options = from === null ? undefined : await readRunOptions(services.db, from);
  const values = options ? valuesOf(options) : FIRST_VALUES;
  return htmlResponse(<RehearsePage values={values} problems={{}} visitor={visitor} />);
}

/** `POST /admin/runs/new`: rehearses, and leads to the result. */
export async function rehearse({ visitor, form }: ConsoleSubmission): Promise<Response> {
  const values = runFormValues(form);
  const parsed = runOptionsOf(values);
  if ("problems" in parsed) {
    const page = <RehearsePage values={values} problems={parsed.problems} visitor={visitor} />;
    return htmlResponse(page, { status: 422 });
  }
  try {
    const { run } = await services.migrations.start({ ...parsed.options, dryRun: true });
    return seeOther(`/admin/runs/${run.id}`);
  } catch (error) {
    if (!(error instanceof FlowNotReadyError)) throw error;
    return messageResponse(409, "Expand first", error.message);
  }
}
