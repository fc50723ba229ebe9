/**
 * What Shopify does not document: each question has at least two sensible answers, and an app must be safe under all of
 * them. The first value of each list is the default. docs/platform-rules.md lists them for people.
 */
export const CHOICE_VALUES = {
  /** A refresh token presented again, one after the other, while its replacement has not been used. */
  repeatedRefresh: ["same-pair", "new-pair"],
  /** A refresh that arrives while another refresh with the same token is still being answered. */
  concurrentRefresh: ["same-pair", "new-pair", "refused"],
  /** What a refused refresh token answers: 401 `invalid_request` (seen most), or 400 `invalid_grant` (older reports). */
  refusedRefresh: ["401-invalid-request", "400-invalid-grant"],
  /** The permanent token of a shop when a pair is acquired with an ID token or an authorization code. */
  permanentAfterAcquire: ["kept", "revoked"],
  /** A permanent token asked for again: Shopify's older documentation says the same one is returned. */
  permanentAgain: ["same", "new"],
  /** A grant without `expiring=1` once permanent tokens are refused by the Admin API. */
  permanentGrantAfterCutOff: ["issued", "refused"],
  /** The token endpoint of a frozen (402), locked (423) or closed (404) shop. */
  suspendedTokenEndpoint: ["refuses", "serves"],
  /** Status of every answer of a closed shop. */
  closedShopStatus: [404, 402, 403],
  /** A known client id with a wrong secret. */
  wrongSecret: ["401-invalid-client", "400-application-cannot-be-found"],
  /** Which unrevoked client secret signs webhooks and ID tokens after a rotation (documented for webhooks: the oldest). */
  signingSecret: ["oldest", "newest"],
  /** How `Retry-After` is written: Shopify's REST answers carry a decimal ("2.0"). */
  retryAfterFormat: ["decimal", "integer"],
  /** What `/admin/oauth/authorize` shows for a shop that has not granted the scopes yet. */
  consent: ["ask-browsers", "skip", "ask"],
  /** What the Admin API answers to a permanent token after the cut-off: the documentation has both wordings. */
  permanentAfterCutOff: ["403-refused", "401-invalidated"],
  /** The migration of a permanent token after the cut-off. */
  lateMigration: ["accepted", "refused"],
  /** Permanent tokens at the Admin API: refused by the published dates, always, or never. */
  enforcement: ["by-date", "on", "off"],
} as const;

export type Choices = { -readonly [Name in keyof typeof CHOICE_VALUES]: (typeof CHOICE_VALUES)[Name][number] };

export const DEFAULT_CHOICES = Object.fromEntries(
  Object.entries(CHOICE_VALUES).map(([name, values]) => [name, values[0]]),
) as Readonly<Choices>;

/** The choices as given, checked. Throws TypeError naming the first that does not exist or has no such value. */
export function requireChoices(given: Readonly<Record<string, unknown>>): Partial<Choices> {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(CHOICE_VALUES, name)) {
      throw new TypeError(`No such choice: ${name}. There are ${Object.keys(CHOICE_VALUES).join(", ")}.`);
    }
    const values: readonly unknown[] = CHOICE_VALUES[name as keyof Choices];
    if (!values.includes(value)) throw new TypeError(`${name} is one of ${values.join(", ")}, not ${String(value)}.`);
  }
  return given as Partial<Choices>;
}
