import { showMetrics } from "../operator/health/show-metrics.server.ts";
import { forOperator } from "../operator/access/operator-access.server.ts";

const { loader, action } = forOperator({ GET: showMetrics }, { monitor: true });
export { loader, action };
