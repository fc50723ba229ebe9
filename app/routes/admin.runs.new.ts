import { consoleRoute } from "../operator/console/door/console-route.server.tsx";
import { rehearse, showRehearsalForm } from "../operator/console/show/runs.server.tsx";

const { loader, action } = consoleRoute({ GET: showRehearsalForm, POST: rehearse });
export { loader, action };
