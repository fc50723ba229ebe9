import { OpenFeature, type EvaluationContext, type Provider, type ResolutionDetails } from "@openfeature/server-sdk";
import { isInRollout, type Rollout } from "./rollout.ts";

const TOKEN_EXCHANGE_FLAG = "token-exchange";

/** Answers the app's one flag from the environment: on for the shops of the rollout. */
class EnvironmentFlagProvider implements Provider {
  readonly metadata = { name: "environment" };
  readonly runsOn = "server" as const;
  readonly #enabled: boolean;
  readonly #rollout: Rollout;

  constructor(enabled: boolean, rollout: Rollout) {
    this.#enabled = enabled;
    this.#rollout = rollout;
  }

  async resolveBooleanEvaluation(
    flag: string,
    fallback: boolean,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    if (flag !== TOKEN_EXCHANGE_FLAG) return { value: fallback, reason: "DEFAULT" };
    if (!this.#enabled) return { value: false, reason: "DISABLED" };
    return { value: isInRollout(this.#rollout, context.targetingKey ?? ""), reason: "TARGETING_MATCH" };
  }

  resolveStringEvaluation = useFallback<string>;
  resolveNumberEvaluation = useFallback<number>;
  resolveObjectEvaluation = useFallback;
}

/** There are no flags but the one above. */
async function useFallback<T>(_flag: string, fallback: T): Promise<ResolutionDetails<T>> {
  return { value: fallback, reason: "DEFAULT" };
}

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
  await OpenFeature.setProviderAndWait(
    "app",
    options.provider ?? new EnvironmentFlagProvider(options.enabled, options.rollout),
  );
  const client = OpenFeature.getClient("app");
  return { usesTokenExchange: (shop) => client.getBooleanValue(TOKEN_EXCHANGE_FLAG, false, { targetingKey: shop }) };
}
