import { FlowNotReadyError, TokenKeysError, type RunView } from "../../../migration/index.ts";
import { services } from "../../../services.server.ts";
import { ConfirmPage } from "../../pages/confirm-page.tsx";
import { formatCount } from "../../pages/words/format.ts";
import { RunOptionsList } from "../../pages/parts/run-options-list.tsx";
import { type ConsoleRequest, type ConsoleSubmission, messageResponse } from "../door/console-route.server.tsx";
import type { ConsoleSession } from "../door/console-session.ts";
import { htmlResponse, seeOther } from "../door/respond.server.ts";
import { isRunId, readRunOptions, type RunOptions } from "../facts/read-run-options.server.ts";
import { noSuchRun } from "./run.server.tsx";

interface Found {
  run: RunView;
  options: RunOptions;
}

/** `GET /admin/runs/<id>/<action>`: says what it does and what of it cannot be undone, and asks. */
export async function askAboutRun({ params, visitor }: ConsoleRequest): Promise<Response> {
  const { id } = params;
  if (visitor.role !== "operator") return isRunId(id) ? seeOther(`/admin/runs/${id}`) : noSuchRun();
  const found = await find(params["id"]);
  if (!found) return noSuchRun();
  return confirmation(params["action"], found, visitor) ?? noSuchAction();
}

/** `POST /admin/runs/<id>/<action>`: does it. */
export async function actOnRun({ params, form, visitor }: ConsoleSubmission): Promise<Response> {
  const found = await find(params["id"]);
  if (!found) return noSuchRun();
  const { migrations } = services;
  const { run, options } = found;
  switch (params["action"]) {
    case "start": {
      if (!run.dryRun) return noSuchAction();
      if (form.get("understood") !== "yes") {
        return confirmation("start", found, visitor, "Tick that you have understood it; nothing was started.")!;
      }
      try {
        const started = await migrations.start({ ...options, dryRun: false, waitSeconds: 0 });
        return seeOther(`/admin/runs/${started.run.id}`);
      } catch (error) {
        if (error instanceof TokenKeysError) return messageResponse(409, "Mend the keys first", error.message);
        if (!(error instanceof FlowNotReadyError)) throw error;
        return messageResponse(409, "Expand first", error.message);
      }
    }
    case "stop":
      await migrations.requestStop(run.id);
      return seeOther(`/admin/runs/${run.id}`);
    case "continue":
      await migrations.goOn(run.id);
      return seeOther(`/admin/runs/${run.id}`);
    default:
      return noSuchAction();
  }
}

async function find(id: string | undefined): Promise<Found | undefined> {
  if (!isRunId(id)) return undefined;
  const [run, options] = await Promise.all([
    services.migrations.get(id, { failures: "none" }),
    readRunOptions(services.db, id),
  ]);
  return run && options && { run, options };
}

function confirmation(
  action: string | undefined,
  { run, options }: Found,
  visitor: ConsoleSession,
  problem?: string,
): Response | undefined {
  const common = {
    section: "Runs" as const,
    visitor,
    problem,
    back: `/admin/runs/${run.id}`,
  };
  if (action === "start" && run.dryRun) {
    return htmlResponse(
      <ConfirmPage
        {...common}
        title="Start the migration?"
        action="Start the migration"
        understood="I have understood that exchanged tokens do not come back."
      >
        <p>{formatCount(run.plan?.wouldTry ?? run.total, "store")} will be tried, as in the rehearsal.</p>
        <p className="notice bad">
          <strong>This cannot be undone:</strong> Shopify ends each permanent token as it is exchanged. A release of the
          app that cannot refresh would lose such a store within the hour.
        </p>
        <p>You can stop at any time; what was exchanged stays exchanged. Merchants notice nothing.</p>
        <RunOptionsList options={options} />
      </ConfirmPage>,
      { status: problem ? 422 : 200 },
    );
  }
  if (action === "stop" && run.status === "running") {
    return htmlResponse(
      <ConfirmPage {...common} title="Stop the run?" action="Stop the run">
        <p>The calls in flight end, and are stored. No further store is taken up.</p>
        <p>
          Stores that are migrated stay migrated. A new run goes on with the rest whenever you like, so nothing is lost.
        </p>
      </ConfirmPage>,
    );
  }
  if (action === "continue" && run.status === "running") {
    return htmlResponse(
      <ConfirmPage {...common} title="Begin the next wave?" action="Begin the next wave">
        <p>The run goes on with more stores now, where it waits between two waves. It does nothing otherwise.</p>
        <p className="notice bad">
          <strong>This cannot be undone:</strong> Shopify ends each permanent token as it is exchanged.
        </p>
      </ConfirmPage>,
    );
  }
  return undefined;
}

function noSuchAction(): Response {
  return messageResponse(404, "This cannot be done now", "The run may have ended meanwhile. Look at it again.");
}
