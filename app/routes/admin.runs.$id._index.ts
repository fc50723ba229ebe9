import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { showRun } from "../operator/console/show/run.server.tsx";

const route = consoleRoute({ GET: showRun });

export const loader = route.loader;
export const action = route.action;
