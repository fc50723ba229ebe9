import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { actOnJobs, showJobs } from "../operator/console/show/jobs.server.tsx";

const { loader, action } = consoleRoute({ GET: showJobs, POST: actOnJobs });
export { loader, action };
