import { forOperator } from "../operator/access/operator-access.server.ts";
import { showScopes } from "../operator/health/show-scopes.server.ts";

const { loader, action } = forOperator({ GET: showScopes });
export { loader, action };
