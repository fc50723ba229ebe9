import { retryDeadLetters, showDeadLetters } from "../operator/dead-letters.server.ts";
import { forOperator } from "../operator/operator-access.server.ts";

const route = forOperator({ GET: showDeadLetters, POST: retryDeadLetters });

export const loader = route.loader;
export const action = route.action;
