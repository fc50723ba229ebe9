import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { actOnRun, askAboutRun } from "../operator/console/show/run-actions.server.tsx";

const route = consoleRoute({ GET: askAboutRun, POST: actOnRun });

export const loader = route.loader;
export const action = route.action;
