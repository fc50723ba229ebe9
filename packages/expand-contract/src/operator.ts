/** The operator's routes: Request → Response. */
export { operatorRoutes, type OperatorRoutes, type OperatorRoutesOptions } from "./operator-routes.ts";
