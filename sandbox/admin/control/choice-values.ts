import type { Choices } from "../../platform/choices.ts";

/** What the control page offers for each behaviour that Shopify does not document. */
export const CHOICE_VALUES: { readonly [K in keyof Choices]: { label: string; values: readonly Choices[K][] } } = {
  enforcement: { label: "Permanent tokens at the Admin API are refused", values: ["by-date", "on", "off"] },
  repeatedRefresh: { label: "A refresh token used again gets", values: ["same-pair", "new-pair"] },
  concurrentRefresh: { label: "A second refresh at the same time gets", values: ["same-pair", "new-pair", "refused"] },
  permanentAfterCutOff: {
    label: "A permanent token at the Admin API after the cut-off answers",
    values: ["403-refused", "401-invalidated"],
  },
  lateMigration: { label: "The migration of a permanent token after the cut-off is", values: ["accepted", "refused"] },
  refusedRefresh: { label: "A refused refresh token answers", values: ["401-invalid-request", "400-invalid-grant"] },
  permanentAfterAcquire: { label: "A permanent token after a pair was acquired is", values: ["kept", "revoked"] },
  permanentAgain: { label: "A permanent token asked for again is", values: ["same", "new"] },
  permanentGrantAfterCutOff: {
    label: "A permanent token asked for after the cut-off is",
    values: ["issued", "refused"],
  },
  suspendedTokenEndpoint: { label: "The token endpoint of a suspended shop", values: ["refuses", "serves"] },
  closedShopStatus: { label: "A closed shop answers", values: [404, 402, 403] },
  wrongSecret: {
    label: "A wrong client secret answers",
    values: ["401-invalid-client", "400-application-cannot-be-found"],
  },
  signingSecret: {
    label: "After a rotation, webhooks are signed with the secret that is",
    values: ["oldest", "newest"],
  },
  retryAfterFormat: { label: "Retry-After is written as", values: ["decimal", "integer"] },
  consent: { label: "The authorization page asks the merchant", values: ["ask-browsers", "skip", "ask"] },
};
