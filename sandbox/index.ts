/** The simulator for tests, in process. On a command line it is `npx shopify-sandbox`. */
export { startFronts, type Fronts, type FrontsOptions } from "./admin/start-fronts.ts";
export {
  createSandboxClient,
  SandboxControlError,
  type CallQuery,
  type LedgerSummary,
  type SandboxClient,
  type ShopSummary,
} from "./client.ts";
export type { Choices } from "./platform/choices.ts";
export type * from "./platform/types.ts";
export { routeThroughSandbox } from "./route-through.ts";
export { startSandbox, type Sandbox, type SandboxOptions } from "./start.ts";
