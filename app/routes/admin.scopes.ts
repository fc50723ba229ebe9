import { forOperator } from "../operator/access/operator-access.server.ts";
import { showScopes } from "../operator/health/show-scopes.server.ts";

const route = forOperator({ GET: showScopes });

export const loader = route.loader;
export const action = route.action;
