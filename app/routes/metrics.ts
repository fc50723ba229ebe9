import { showMetrics } from "../operator/health/show-metrics.server.ts";
import { forOperator } from "../operator/access/operator-access.server.ts";

const route = forOperator({ GET: showMetrics }, { monitor: true });

export const loader = route.loader;
export const action = route.action;
