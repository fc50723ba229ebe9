import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { actOnRun, askAboutRun } from "../operator/console/show/run-actions.server.tsx";

const { loader, action } = consoleRoute({ GET: askAboutRun, POST: actOnRun });
export { loader, action };
