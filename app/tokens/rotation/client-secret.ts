import { hkdfSync } from "node:crypto";
import type { ShopifyApi } from "../types.ts";

/** Bytes of a fingerprint: enough to tell a handful of secrets apart. */
const BYTES = 16;

/**
 * Which client secret an API client has, as 32 hexadecimal digits: RFC 5869 over the secret, salted with the client id. Nothing is learned of
 * the secret from it, and the same secret of another app has another one. Stored beside a chain, it says which secret made it.
 * @returns undefined for a client that does not show its settings.
 */
export function clientSecretFingerprint({ config }: ShopifyApi): string | undefined {
  if (!config?.apiSecretKey) return undefined;
  const bytes = hkdfSync("sha256", config.apiSecretKey, config.apiKey, "expand-contract client secret", BYTES);
  return Buffer.from(bytes).toString("hex");
}
