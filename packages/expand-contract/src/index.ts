/** The life of offline access tokens as a package: see docs/adopting.md of the repository. */
export { createTokens, type ApiSettings, type CreateTokensOptions } from "./create-tokens.ts";
export { withTokens, type ShopifyAppLike, type WithTokensOptions } from "./with-tokens.ts";
export { withExpressTokens, type ExpressAppLike } from "./express.ts";
export { operatorMiddleware } from "./operator/operator-middleware.ts";
export { maintain, type Maintained, type MaintainOptions } from "./maintain.ts";
export { responseOf as tokenErrorResponse } from "./token-error-response.ts";
export { judgeJobError, type JobVerdict } from "../../../app/jobs/queue/judge-job-error.ts";
export {
  AdminApiRefusedError,
  AdminGraphqlError,
  ConfigurationError,
  IncompletePairError,
  InvalidIdTokenError,
  isPermanentToken,
  PermanentTokenRefusedError,
  readApplicationKey,
  ReauthorizationRequiredError,
  StorageUnfitError,
  SuspendedError,
  TokenError,
  TransientError,
} from "../../../app/tokens/index.ts";
export type {
  AdminClient,
  AppDistribution,
  MigrateOutcome,
  Phase,
  RequestContext,
  ShopTokenState,
  TokenErrorCode,
  TokenHealth,
  TokenLog,
  TokenMetrics,
  Tokens,
} from "../../../app/tokens/index.ts";
export type { SessionTable } from "../../../app/infra/database/session-layout.ts";
export type { DatabaseClient, PgPool, PrismaLike } from "../../../app/infra/database/database.ts";
