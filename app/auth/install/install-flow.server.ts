import type { Flags } from "../../infra/flags/flags.server.ts";
import type { Phase } from "../../infra/flags/phase.ts";

/** How a request that may need a token gets one. */
export type InstallFlow = "token_exchange" | "authorization_code";

/**
 * Which install flow serves an embedded request of a shop.
 *
 * | phase    | flow                                                     |
 * | -------- | -------------------------------------------------------- |
 * | legacy   | authorization code                                       |
 * | expand   | token exchange for the shops of the rollout, else the other |
 * | contract | token exchange, whatever the rollout says: there is no other door |
 */
export async function chooseInstallFlow(phase: Phase, flags: Flags, shop: string): Promise<InstallFlow> {
  if (phase === "contract") return "token_exchange";
  if (phase === "legacy") return "authorization_code";
  return (await flags.usesTokenExchange(shop)) ? "token_exchange" : "authorization_code";
}
