import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { showRuns } from "../operator/console/show/runs.server.tsx";

const { loader, action } = consoleRoute({ GET: showRuns });
export { loader, action };
