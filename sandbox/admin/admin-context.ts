import type { SandboxClient } from "../client.ts";
import type { Addresses } from "./addresses.ts";
import type { AppView } from "./app-view.ts";
import type { DocumentAnswer } from "./proxy-upstream.ts";

/** What the handlers of one front share. */
export interface AdminContext {
  client: SandboxClient;
  addresses: Addresses;
  /** The settings of the app may change while the simulator runs. */
  app(): AppView;
  controlUrl: string;
  /** What the app last answered to a frame of this front. */
  lastAnswer?: DocumentAnswer;
}
