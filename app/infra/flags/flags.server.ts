import { InMemoryProvider, OpenFeature, type Provider } from "@openfeature/server-sdk";
import { isInRollout, type Rollout } from "./rollout.ts";

const TOKEN_EXCHANGE_FLAG = "token-exchange";

/** The app's feature flags, one named method each. */
export interface Flags {
  /**
   * Whether a shop's requests acquire their token by token exchange (on) or by the authorization code grant (off).
   * Off when nothing can be evaluated: the legacy flow is the fallback.
   */
  usesTokenExchange(shop: string): Promise<boolean>;
}

/**
 * Flags through the OpenFeature SDK, so that another provider can replace the environment.
 * @param provider instead of the environment's; tests and adopters pass their own.
 */
export async function createFlags(options: {
  enabled: boolean;
  rollout: Rollout;
  provider?: Provider;
}): Promise<Flags> {
  await OpenFeature.setProviderAndWait("app", options.provider ?? environmentProvider(options));
  const client = OpenFeature.getClient("app");
  return { usesTokenExchange: (shop) => client.getBooleanValue(TOKEN_EXCHANGE_FLAG, false, { targetingKey: shop }) };
}

/** Answers the app's one flag from the environment: on for the shops of the rollout. */
function environmentProvider({ enabled, rollout }: { enabled: boolean; rollout: Rollout }): Provider {
  return new InMemoryProvider({
    [TOKEN_EXCHANGE_FLAG]: {
      variants: { on: true, off: false },
      defaultVariant: "off",
      disabled: !enabled,
      contextEvaluator: ({ targetingKey = "" }) => (isInRollout(rollout, targetingKey) ? "on" : "off"),
    },
  });
}
