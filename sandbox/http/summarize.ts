import type { LedgerSummary } from "../client.ts";
import type { Platform } from "../platform/platform.ts";

export function summarize(platform: Platform): LedgerSummary {
  const { ledger, shops } = platform.state;
  const tokenCalls: Record<string, number> = {};
  let adminCalls = 0;
  for (const call of ledger.calls) {
    if (call.endpoint === "graphql") adminCalls += 1;
    if (call.endpoint === "token") tokenCalls[call.grant ?? "unknown"] = (tokenCalls[call.grant ?? "unknown"] ?? 0) + 1;
  }
  let installed = 0;
  let permanentTokensLive = 0;
  let pairsLive = 0;
  for (const shop of shops.values()) {
    if (shop.installed) installed += 1;
    if (shop.tokens.permanent) permanentTokensLive += 1;
    if (shop.tokens.head) pairsLive += 1;
  }
  return {
    calls: ledger.calls.length,
    tokenCalls,
    adminCalls,
    shops: shops.size,
    installed,
    tokensIssued: ledger.tokens.length,
    permanentTokensLive,
    pairsLive,
    overlaps: platform.overlaps().length,
    usedAfterEnd: ledger.usedAfterEnd.length,
    retryAfterBroken: platform.retryAfterBroken().length,
    secretSightings: ledger.sightings.length,
  };
}
