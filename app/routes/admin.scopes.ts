import { forOperator } from "../operator/operator-access.server.ts";
import { showScopes } from "../operator/show-scopes.server.ts";

const route = forOperator({ GET: showScopes });

export const loader = route.loader;
export const action = route.action;
