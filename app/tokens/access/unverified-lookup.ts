/** Where Shopify's libraries look a shop up that only the query's `shop` names, before any signature is checked. */
const LOOKUPS = /\b(ensureInstalledOnShop|ensure-installed-on-shop|AuthCodeFlowStrategy|auth-code-flow)\b/;
const FRAMES = 30;

/**
 * Whether one of the libraries looks up a shop that any stranger can have named: the authorization code strategies do, to choose between
 * the app and its installation. A storage is told no more than an id, so this looks at who calls. Only asked where a token would be
 * renewed outside of `withRequest`; a request that is wrapped says itself what it proves.
 */
export function isUnverifiedLookup(): boolean {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = "" } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return LOOKUPS.test(stack);
}
