import { forOperator } from "../operator/access/operator-access.server.ts";
import { showTokenHealth } from "../operator/health/show-token-health.server.ts";

const { loader, action } = forOperator({ GET: showTokenHealth }, { monitor: true });
export { loader, action };
