import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { showRun } from "../operator/console/show/run.server.tsx";

const { loader, action } = consoleRoute({ GET: showRun });
export { loader, action };
