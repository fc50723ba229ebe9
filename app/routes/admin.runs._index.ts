import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { showRuns } from "../operator/console/show/runs.server.tsx";

const route = consoleRoute({ GET: showRuns });

export const loader = route.loader;
export const action = route.action;
