import { services } from "../../../services.server.ts";
import { JobsPage } from "../../pages/jobs-page.tsx";
import { type ConsoleRequest, type ConsoleSubmission, messageResponse } from "../door/console-route.server.tsx";
import { htmlResponse, seeOther } from "../door/respond.server.ts";
import { readJobs } from "../facts/read-jobs.server.ts";

const DONE = new Map([
  ["retry", "What failed was given another chance. What fails again comes back here."],
  ["release", "What is due goes back into the queue within seconds."],
  ["reconcile", "Shopify is asked within seconds."],
]);

/** `GET /admin/jobs` */
export async function showJobs({ url, visitor }: ConsoleRequest): Promise<Response> {
  const result = DONE.get(url.searchParams.get("did") ?? "");
  return htmlResponse(<JobsPage facts={await readJobs()} result={result} visitor={visitor} />);
}

/** `POST /admin/jobs` */
export async function actOnJobs({ form }: ConsoleSubmission): Promise<Response> {
  const { jobs, log } = services;
  const action = form.get("do") ?? "";
  switch (action) {
    case "retry":
      log.info({ retried: await jobs.retryDeadLetters() }, "dead letters were given another chance");
      break;
    case "release":
      await jobs.runNow("release-parked");
      break;
    case "reconcile":
      await jobs.runNow("reconcile-shops");
      break;
    default:
      return messageResponse(422, "This cannot be done", "Use a button of the page on background work.");
  }
  return seeOther(`/admin/jobs?did=${action}`);
}
