import { AsyncLocalStorage } from "node:async_hooks";
import type { Registry } from "prom-client";
import type { Database } from "../../../../app/infra/database/database.ts";
import type { SessionLayout } from "../../../../app/infra/database/session-layout.ts";
import type { Migrations } from "../../../../app/migration/index.ts";
import type { AppDistribution, Phase, TokenLog, Tokens } from "../../../../app/tokens/index.ts";
import type { ShownDeadLetter } from "./dead-letter-queue.ts";

/** The part of the app's services that the operator's handlers use. */
export interface OperatorServices {
  env: {
    phase: Phase;
    APP_DISTRIBUTION: AppDistribution;
    TOKEN_EXCHANGE_ROLLOUT: { percent: number; exclude: ReadonlySet<string> };
  };
  db: Database;
  sessionLayout: SessionLayout;
  flags: { usesTokenExchange(shop: string): Promise<boolean> };
  tokens: Tokens;
  migrations: Migrations;
  jobs: { deadLetters(limit: number): Promise<ShownDeadLetter[]>; retryDeadLetters(): Promise<number> };
  metrics: { registry: Registry };
  log: TokenLog;
  stopping: AbortSignal;
}

const current = new AsyncLocalStorage<OperatorServices>();

/** Runs an operator's handler with the services of one `operatorRoutes`. */
export function withServices<T>(services: OperatorServices, run: () => Promise<T>): Promise<T> {
  return current.run(services, run);
}

/**
 * Stands in for `app/services.server.ts` in this package's build: the app wires its one set of services from the environment, an adopter
 * has as many as he calls `operatorRoutes`.
 */
export const services = new Proxy({} as OperatorServices, {
  get: (_target, name) => Reflect.get(current.getStore() ?? {}, name) as unknown,
});
