import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether an `Authorization` header carries the operator's secret. In constant time: both sides are hashed first, so that
 * neither content nor length shows in how long it takes.
 */
export function isOperatorSecret(authorization: string | null, secret: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(sha256(given), sha256(secret));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
