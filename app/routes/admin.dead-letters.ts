import { retryDeadLetters, showDeadLetters } from "../operator/health/dead-letters.server.ts";
import { forOperator } from "../operator/access/operator-access.server.ts";

const route = forOperator({ GET: showDeadLetters, POST: retryDeadLetters });

export const loader = route.loader;
export const action = route.action;
