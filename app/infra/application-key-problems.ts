/** The variables of application-only tokens, as they were parsed. */
export interface ApplicationKeyVariables {
  SHOPIFY_APP_PRIVATE_KEY?: string;
  SHOPIFY_APP_KEY_ID?: string;
  SHOPIFY_APP_PRIVATE_KEY_PREVIOUS?: string;
  SHOPIFY_APP_KEY_ID_PREVIOUS?: string;
}

/** What does not go together among them, in words. */
export function applicationKeyProblems(env: ApplicationKeyVariables): string[] {
  const [key, keyId] = [env.SHOPIFY_APP_PRIVATE_KEY, env.SHOPIFY_APP_KEY_ID];
  const [previous, previousId] = [env.SHOPIFY_APP_PRIVATE_KEY_PREVIOUS, env.SHOPIFY_APP_KEY_ID_PREVIOUS];
  const problems: string[] = [];
  if (!key !== !keyId) {
    problems.push(
      "SHOPIFY_APP_PRIVATE_KEY and SHOPIFY_APP_KEY_ID belong together: set both, or none for no application-only tokens",
    );
  }
  if (!previous !== !previousId) {
    problems.push(
      "SHOPIFY_APP_PRIVATE_KEY_PREVIOUS and SHOPIFY_APP_KEY_ID_PREVIOUS belong together: set both, or none",
    );
  } else if (previous && !key) {
    problems.push(
      "SHOPIFY_APP_PRIVATE_KEY_PREVIOUS is for a rotation only: set SHOPIFY_APP_PRIVATE_KEY to the new key as well",
    );
  } else if (previousId && previousId === keyId) {
    problems.push("SHOPIFY_APP_KEY_ID_PREVIOUS is the id of the new key: it must be the one of the previous key");
  }
  return problems;
}
