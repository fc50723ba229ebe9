import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import type { TokenKey } from "./token-keys.ts";

/**
 * A sealed value: `sealed:v1:<key id>:<fingerprint of the token>:<iv, ciphertext and tag in base64url>`, by AES-256-GCM. The associated
 * data are the row's id, the column and the fingerprint, so that a value in another place does not open. The fingerprint is the one of
 * `tokenFingerprint`: what is on record about a credential is found without opening anything, and survives a change of keys.
 *
 * IVs are random: one key is good for 2^32 values (NIST SP 800-38D, 8.3).
 */
export const SEALED_PREFIX = "sealed:v1:";

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Where a value belongs. */
export interface Place {
  /** Of the row of `Session`; in either case, as a row may be renamed to lower case. */
  id: string;
  column: "accessToken" | "refreshToken";
}

/** Why a value does not open; `key` is the id that it names. */
export class SealError extends Error {
  readonly reason: "unknown_key" | "not_for_this_row";
  readonly key: string;
  constructor(reason: SealError["reason"], key: string) {
    super(`sealed value: ${reason}`);
    this.name = "SealError";
    this.reason = reason;
    this.key = key;
  }
}

export function isSealed(text: string): boolean {
  return text.startsWith(SEALED_PREFIX);
}

/** What `tokenFingerprint` says of a token in SQL. */
export function fingerprintOf(token: string): string {
  return createHash("sha256").update(token).digest("hex").slice(0, 32);
}

/** Seals a token for its place. */
export function sealValue({ id: keyId, key }: TokenKey, place: Place, token: string): string {
  const fingerprint = fingerprintOf(token);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(boundTo(place, fingerprint));
  const body = Buffer.concat([iv, cipher.update(token, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${SEALED_PREFIX}${keyId}:${fingerprint}:${body.toString("base64url")}`;
}

/**
 * Opens what `sealValue` made for this place.
 * @throws SealError
 */
export function openValue(keys: readonly TokenKey[], place: Place, sealed: string): string {
  const [keyId = "", fingerprint = "", body = ""] = sealed.slice(SEALED_PREFIX.length).split(":");
  const found = keys.find(({ id }) => id === keyId);
  if (!found) throw new SealError("unknown_key", keyId);
  const bytes = Buffer.from(body, "base64url");
  try {
    const decipher = createDecipheriv("aes-256-gcm", found.key, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    }).setAAD(boundTo(place, fingerprint));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
  } catch {
    throw new SealError("not_for_this_row", keyId);
  }
}

function boundTo({ id, column }: Place, fingerprint: string): Buffer {
  return Buffer.from(JSON.stringify([id.toLowerCase(), column, fingerprint]));
}
