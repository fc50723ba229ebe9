import { forOperator } from "../operator/access/operator-access.server.ts";
import { showTokenHealth } from "../operator/health/show-token-health.server.ts";

const route = forOperator({ GET: showTokenHealth }, { monitor: true });

export const loader = route.loader;
export const action = route.action;
