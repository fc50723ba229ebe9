import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";

/** A key that seals tokens. Its id stands in each value that it sealed. */
export interface TokenKey {
  id: string;
  key: KeyObject;
}

const ID = /^[A-Za-z0-9_-]{1,16}$/;
const BASE64_OF_32_BYTES = /^[A-Za-z0-9+/]{43}=$/;
const KEY_BYTES = 32;

/**
 * Reads `id:key[,id:key…]`: ids of up to 16 letters, digits, `_` and `-`; keys of 32 bytes in base64.
 * @throws Error naming the entry by its place; never a key.
 */
export function parseTokenKeys(text: string): TokenKey[] {
  const keys = text.split(",").map((entry, index) => parseEntry(entry.trim(), index + 1));
  const twice = keys.find(({ id }, index) => keys.findIndex((other) => other.id === id) < index);
  if (twice) throw new Error(`names the key ${twice.id} twice: give one of them an id of its own (make-key <id>)`);
  return keys;
}

function parseEntry(entry: string, place: number): TokenKey {
  const colon = entry.indexOf(":");
  const id = entry.slice(0, Math.max(0, colon));
  if (!ID.test(id)) {
    throw new Error(`entry ${place} must be id:key, with an id of 1 to 16 letters, digits, "_" or "-"`);
  }
  const key = entry.slice(colon + 1);
  if (!BASE64_OF_32_BYTES.test(key)) {
    throw new Error(`the key ${id} must be 32 bytes in base64: npm run tokens -- make-key`);
  }
  return { id, key: createSecretKey(Buffer.from(key, "base64")) };
}

/** A new key, as it stands in TOKEN_ENCRYPTION_KEYS. */
export function makeTokenKey(id: string): string {
  if (!ID.test(id)) throw new Error(`"${id}" must be 1 to 16 letters, digits, "_" or "-"`);
  return `${id}:${randomBytes(KEY_BYTES).toString("base64")}`;
}
