import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { showOverview } from "../operator/console/show/overview.server.tsx";

const { loader, action } = consoleRoute({ GET: showOverview });
export { loader, action };
