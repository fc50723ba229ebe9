import type { Shopify } from "@shopify/shopify-api";
import type { SessionLayout } from "../../../app/infra/database/session-layout.ts";
import type { Database } from "../../../app/infra/database/database.ts";
import type { Metrics } from "../../../app/infra/metrics.server.ts";
import type { Registry } from "prom-client";
import type { ClientSecrets } from "./previous-secret.ts";
import type { AppDistribution, Phase, TokenLog, Tokens } from "../../../app/tokens/index.ts";

/** What one `createTokens` was made of: the other entries of this package need it too. */
export interface AppParts {
  api: Shopify;
  /** What Shopify may have signed with. */
  secrets: ClientSecrets;
  db: Database;
  sessionLayout: SessionLayout;
  phase: Phase;
  /** Milliseconds since the epoch. */
  clock: () => number;
  distribution: AppDistribution;
  log: TokenLog;
  metrics: Pick<Metrics, "migrationOutcomes" | "migrationAllowedRate">;
  /** What `/admin/metrics` shows. */
  registry: Registry;
}

const partsOf = new WeakMap<Tokens, AppParts>();

export function rememberParts(tokens: Tokens, parts: AppParts): void {
  partsOf.set(tokens, parts);
}

/** @throws TypeError for anything that this package's `createTokens` did not return. */
export function findParts(tokens: Tokens): AppParts {
  const parts = partsOf.get(tokens);
  if (!parts) throw new TypeError("`tokens` must be what createTokens of expand-contract returned");
  return parts;
}
