import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { actOnJobs, showJobs } from "../operator/console/show/jobs.server.tsx";

const route = consoleRoute({ GET: showJobs, POST: actOnJobs });

export const loader = route.loader;
export const action = route.action;
