import { createHmac, timingSafeEqual } from "node:crypto";

type Encoding = "base64" | "base64url" | "hex";

/** HMAC-SHA256, as Shopify signs with a client secret. */
export function hmacOf(secret: string, text: string, encoding: Encoding): string {
  return createHmac("sha256", secret).update(text).digest(encoding);
}

/** In the same time, whatever is given. */
export function isSameHmac(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** An HMAC-SHA256 with `previous` in the place of which one with `current` is given; any other stays as it is. */
export function resign(
  { current, previous }: { current: string; previous: string },
  text: string,
  given: string,
  encoding: Encoding,
): string {
  return isSameHmac(given, hmacOf(previous, text, encoding)) ? hmacOf(current, text, encoding) : given;
}

/**
 * While the client secret is rotated Shopify signs ID tokens with the previous one, and the library, before it exchanges one, checks it with
 * the secret that it has. Shopify takes either.
 */
export function resignIdToken(secrets: { current: string; previous: string }, token: string): string {
  const end = token.lastIndexOf(".");
  return `${token.slice(0, end + 1)}${resign(secrets, token.slice(0, end), token.slice(end + 1), "base64url")}`;
}
