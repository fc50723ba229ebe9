import { OverviewPage } from "../../pages/overview-page.tsx";
import type { ConsoleRequest } from "../door/console-route.server.tsx";
import { htmlResponse } from "../door/respond.server.ts";
import { readOverview } from "../facts/rollout/read-overview.server.ts";

/** `GET /admin` */
export async function showOverview({ visitor }: ConsoleRequest): Promise<Response> {
  return htmlResponse(<OverviewPage overview={await readOverview()} visitor={visitor} />);
}
