import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const VERSION = "v1";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A key of its own for this purpose, out of the app's client secret (RFC 5869). */
function keyOf(secret: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", "expand-contract unstored pair", 32));
}

/**
 * Seals a text with AES-256-GCM.
 * @param bound what the text belongs to; it must be said again to open it.
 */
export function seal(secret: string, bound: string, text: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keyOf(secret), iv).setAAD(Buffer.from(bound));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return `${VERSION}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url")}`;
}

/** Opens what `seal` made with one of these secrets; undefined for anything else. */
export function open(secrets: readonly string[], bound: string, sealed: string): string | undefined {
  const [version, body] = sealed.split(".");
  if (version !== VERSION || !body) return undefined;
  const bytes = Buffer.from(body, "base64url");
  for (const secret of secrets) {
    try {
      const decipher = createDecipheriv("aes-256-gcm", keyOf(secret), bytes.subarray(0, IV_BYTES)).setAAD(
        Buffer.from(bound),
      );
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
    } catch {
      // Another secret sealed it, or it is broken.
    }
  }
  return undefined;
}
