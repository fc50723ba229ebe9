import type { Platform } from "../platform/platform.ts";
import type { AppToml } from "../platform/webhooks/subscriptions.ts";
import type { WebhookSender } from "./webhook-sender.ts";

/** What every HTTP handler of the simulator is given. */
export interface HttpContext {
  platform: Platform;
  webhooks: WebhookSender;
  toml: () => AppToml | undefined;
}
