/** The operator's routes: Request → Response. */
export { operatorRoutes, type OperatorRoutes, type OperatorRoutesOptions } from "./operator/operator-routes.ts";
export type { DeadLetterQueue, ShownDeadLetter } from "./operator/dead-letter-queue.ts";
