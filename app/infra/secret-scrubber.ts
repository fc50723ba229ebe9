/**
 * Takes tokens and secrets out of text before it is written anywhere. The last line of defence: nothing should put them
 * there in the first place. Works on the final text, because structured redaction misses nested fields and messages.
 */
const REDACTED = "[redacted]";

/** Shopify's tokens by prefix, JSON Web Tokens, and credentials in headers, query strings and JSON. */
const SECRET_SHAPES: [RegExp, string][] = [
  [/\bshp[a-z]{2,3}_[A-Za-z0-9_-]{6,}/g, REDACTED],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, REDACTED],
  [/\b(Bearer\s+)[^\s"'\\,]{6,}/gi, `$1${REDACTED}`],
  [
    /\b(id_token|access_token|refresh_token|subject_token|client_secret|hmac|code|session)=[^&\s"'\\]+/g,
    `$1=${REDACTED}`,
  ],
  [
    /("(?:id_token|access_token|accessToken|refresh_token|refreshToken|subject_token|client_secret)"\s*:\s*)"[^"]*"/g,
    `$1"${REDACTED}"`,
  ],
  [
    /(\\"(?:id_token|access_token|refresh_token|subject_token|client_secret)\\"\s*:\s*)\\"[^"\\]*\\"/g,
    `$1\\"${REDACTED}\\"`,
  ],
];

/** Returns a function that replaces every shape of secret above, and each of `literals` (at least 8 characters long). */
export function createSecretScrubber(literals: readonly (string | undefined)[] = []): (text: string) => string {
  const known = literals.filter((literal): literal is string => literal !== undefined && literal.length >= 8);
  return (text) => {
    let clean = text;
    for (const literal of known) clean = clean.replaceAll(literal, REDACTED);
    for (const [shape, replacement] of SECRET_SHAPES) clean = clean.replace(shape, replacement);
    return clean;
  };
}
