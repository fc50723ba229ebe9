import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether an `Authorization` header carries one of the secrets. In constant time: both sides are hashed first, so that neither content
 * nor length shows in how long it takes, and every secret is compared.
 */
export function isOperatorSecret(
  authorization: string | null | undefined,
  ...secrets: (string | undefined)[]
): boolean {
  const given = sha256(/^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "");
  return secrets.map((secret) => secret !== undefined && timingSafeEqual(given, sha256(secret))).includes(true);
}

/** What opens the operator's routes: during a rotation the previous secret as well. */
export function operatorSecrets(env: { MIGRATION_SECRET?: string; MIGRATION_SECRET_PREVIOUS?: string }): string[] {
  return [env.MIGRATION_SECRET, env.MIGRATION_SECRET_PREVIOUS].filter((secret) => secret !== undefined);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
