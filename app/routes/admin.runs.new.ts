import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { rehearse, showRehearsalForm } from "../operator/console/show/runs.server.tsx";

const route = consoleRoute({ GET: showRehearsalForm, POST: rehearse });

export const loader = route.loader;
export const action = route.action;
