import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/** Who is signed in: `operator` by MIGRATION_SECRET, `monitor` by MONITOR_SECRET, who may look and not touch. */
export type Role = "operator" | "monitor";

export interface ConsoleSession {
  role: Role;
  /** Milliseconds since the epoch. */
  signedInAt: number;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** What each form of this session carries, so that no other site can send one. */
  csrf: string;
}

/** The secret of each role that can sign in. */
export type RoleSecrets = Partial<Record<Role, string | undefined>>;

const MINUTE_MS = 60_000;
/** A session that is not used ends after this. */
export const IDLE_MS = 30 * MINUTE_MS;
/** A session ends after this, used or not. */
export const LONGEST_MS = 8 * 60 * MINUTE_MS;

const FORM = /^(operator|monitor)\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([\w-]{22})\.([\w-]{43})$/;

/**
 * The value of a session's cookie: signed, and nothing is stored. Each role's is signed with a key derived from its own secret, so that a
 * new secret ends the sessions of the old one, and the monitor's secret makes no operator.
 * @param now milliseconds since the epoch.
 * @param signedInAt when the session began; now unless it is renewed.
 */
export function issueSession(secrets: RoleSecrets, role: Role, now: number, signedInAt = now): string {
  const expiresAt = Math.min(now + IDLE_MS, signedInAt + LONGEST_MS);
  const nonce = randomBytes(16).toString("base64url");
  const signed = [role, signedInAt.toString(36), expiresAt.toString(36), nonce].join(".");
  return `${signed}.${sign(keyOf(secrets, role), signed)}`;
}

/** The session that a cookie's value stands for; undefined when it is none, was changed, or has ended. */
export function readSession(secrets: RoleSecrets, value: string | undefined, now: number): ConsoleSession | undefined {
  const [, role, signedIn, expires, nonce, mac] = FORM.exec(value ?? "") ?? [];
  if (!value || !isRole(role) || !secrets[role]) return undefined;
  const key = keyOf(secrets, role);
  if (!isSame(mac!, sign(key, value.slice(0, value.lastIndexOf("."))))) return undefined;
  const [signedInAt, expiresAt] = [Number.parseInt(signedIn!, 36), Number.parseInt(expires!, 36)];
  if (now >= expiresAt) return undefined;
  return { role, signedInAt, expiresAt, csrf: sign(key, `csrf ${nonce}`) };
}

/** Whether it is time to give the session a new cookie: half of its idle time is over. */
export function isDueForRenewal({ expiresAt, signedInAt }: ConsoleSession, now: number): boolean {
  return expiresAt - now < IDLE_MS / 2 && expiresAt < signedInAt + LONGEST_MS;
}

/** Compares in constant time. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function isRole(text: string | undefined): text is Role {
  return text === "operator" || text === "monitor";
}

function keyOf(secrets: RoleSecrets, role: Role): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secrets[role] ?? "", "", `operator console, ${role}, 1`, 32));
}

function sign(key: Uint8Array, text: string): string {
  return createHmac("sha256", key).update(text).digest("base64url");
}
