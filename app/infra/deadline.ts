/**
 * The day from which Shopify refuses permanent tokens of public apps.
 * @see https://shopify.dev/changelog/expiring-offline-access-tokens-required-for-all-public-apps-as-of-january-1-2027
 */
export const DEADLINE = "2027-01-01";
