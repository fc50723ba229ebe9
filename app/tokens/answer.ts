import type { Session } from "@shopify/shopify-api";
import type { IncompletePairError } from "./errors.ts";
import type { AdminVerdict } from "./shopify/answers/classify-admin-error.ts";

/** What an answer of the token endpoint that is not a pair means (shopify/answers/token-answers.ts; for people, docs/answers.md). */
export type TokenVerdict =
  /** Nothing is decided; the same token may be sent again. `lost`: Shopify may have done it, and the answer did not arrive. */
  | { kind: "transient"; reason: string; lost: boolean; retryAfterMs?: number }
  /** This refresh token is over for good. */
  | { kind: "final"; reason: string }
  /** The shop does not have the app: as after an uninstall. */
  | { kind: "not_installed"; reason: string }
  /** A permanent token was refused: spent, uninstalled, or something else. To be resolved by reading again and probing. */
  | { kind: "ambiguous_subject_token"; reason: string }
  /** The app's own credentials are wrong. */
  | { kind: "configuration"; reason: string }
  /** Frozen, locked or closed for now. */
  | { kind: "suspended"; reason: string }
  /** The ID token is stale, or not ours. */
  | { kind: "invalid_id_token"; reason: string };

/** What one call of the token endpoint came to. */
export type TokenAnswer =
  | { kind: "pair"; session: Session }
  | { kind: "incomplete"; error: IncompletePairError }
  | {
      kind: "refused";
      verdict: TokenVerdict;
      cause: unknown;
      /**
       * An earlier call, of this hold or of a holder that died, was lost on the way and may still be running at Shopify: then a
       * refusal can be the answer to running into it, and must not be believed yet.
       */
      afterLostAnswer: boolean;
    };

/** What a cheap call of the Admin API said about an access token. */
export type ProbeAnswer = { kind: "accepted" } | AdminVerdict;

/** Runs one call to Shopify, a grant or a probe, when its caller may make it: for callers that pace many shops. */
export type TokenCallGate = <T extends TokenAnswer | ProbeAnswer>(call: () => Promise<T>) => Promise<T>;
