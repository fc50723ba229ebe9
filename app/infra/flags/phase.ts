/** Where the app stands on its way from permanent to expiring tokens. The order is the point: expand, then contract. */
export type Phase = "legacy" | "expand" | "contract";

export interface PhaseFlags {
  /** TOKEN_EXCHANGE_ENABLED: requests with an ID token acquire by token exchange. */
  tokenExchangeEnabled: boolean;
  /** LEGACY_INSTALL_FLOW_ENABLED: `/auth` and `/auth/callback` run the authorization code grant. */
  legacyInstallFlowEnabled: boolean;
}

/**
 * The phase that two flags describe, or undefined when both doors are closed: without token exchange and without the
 * legacy flow the app could not be installed any more.
 */
export function phaseOf({ tokenExchangeEnabled, legacyInstallFlowEnabled }: PhaseFlags): Phase | undefined {
  if (tokenExchangeEnabled) return legacyInstallFlowEnabled ? "expand" : "contract";
  return legacyInstallFlowEnabled ? "legacy" : undefined;
}
