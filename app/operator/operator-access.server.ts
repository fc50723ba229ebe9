import { operatorRoute, type OperatorHandlers } from "./operator-route.server.ts";
import { services } from "../services.server.ts";

/** The loader and action of a route that only the operator may use. */
export function forOperator(handlers: OperatorHandlers) {
  const { env, failedAttempts, log } = services;
  return operatorRoute(handlers, {
    secret: env.MIGRATION_SECRET,
    failedAttempts,
    onOutage: (err) => log.error({ err }, "the database cannot be reached"),
    onRefused: (fields) => log.warn(fields, "wrong operator secret"),
  });
}
