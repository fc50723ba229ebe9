import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { showOverview } from "../operator/console/show/overview.server.tsx";

const route = consoleRoute({ GET: showOverview });

export const loader = route.loader;
export const action = route.action;
