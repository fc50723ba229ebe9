import { retryDeadLetters, showDeadLetters } from "../operator/health/dead-letters.server.ts";
import { forOperator } from "../operator/access/operator-access.server.ts";

const { loader, action } = forOperator({ GET: showDeadLetters, POST: retryDeadLetters });
export { loader, action };
