import { retryDeadLetters, showDeadLetters } from "../dead-letters.server.ts";
import { forOperator } from "../operator-access.server.ts";

const route = forOperator({ GET: showDeadLetters, POST: retryDeadLetters });

export const loader = route.loader;
export const action = route.action;
