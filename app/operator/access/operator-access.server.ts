import { explainRefusal } from "../health/find-unfitness.server.ts";
import { operatorRoute, type OperatorHandlers } from "./operator-route.server.ts";
import { operatorSecrets } from "./is-operator-secret.server.ts";
import { services } from "../../services.server.ts";

/**
 * The loader and action of a route that only the operator may use.
 * @param options.monitor MONITOR_SECRET opens it as well; MIGRATION_SECRET always does. Default: no.
 */
export function forOperator(handlers: OperatorHandlers, { monitor = false } = {}) {
  const { env, failedAttempts, log } = services;
  return operatorRoute(handlers, {
    secrets: [...operatorSecrets(env), ...(monitor && env.MONITOR_SECRET ? [env.MONITOR_SECRET] : [])],
    failedAttempts,
    findUnfitness: explainRefusal,
    onOutage: (err) => log.error({ err }, "the database cannot be reached"),
    onRefused: (fields) => log.warn(fields, "wrong operator secret"),
  });
}
