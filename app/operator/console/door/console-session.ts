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
  /** The cookie's value with which it goes on, signed as before. @param now milliseconds since the epoch. */
  renew(now: number): string;
}

/** The secrets that open the console, by role: during a rotation the operator has two. */
export type RoleSecrets = Readonly<Record<Role, readonly string[]>>;

const MINUTE_MS = 60_000;
/** A session that is not used ends after this. */
export const IDLE_MS = 30 * MINUTE_MS;
/** A session ends after this, used or not. */
export const LONGEST_MS = 8 * 60 * MINUTE_MS;

const FORM = /^(operator|monitor)\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([\w-]{22})\.([\w-]{43})$/;

/**
 * The value of a session's cookie: signed, and nothing is stored. It is signed with a key derived from the secret that opened it and from
 * the role, so that it ends when that secret is taken away, and the monitor's secret makes no operator.
 * @param now milliseconds since the epoch.
 */
export function issueSession(secret: string, role: Role, now: number): string {
  return writeSession(keyOf(secret, role), role, now, now);
}

function writeSession(key: Uint8Array, role: Role, now: number, signedInAt: number): string {
  const expiresAt = Math.min(now + IDLE_MS, signedInAt + LONGEST_MS);
  const nonce = randomBytes(16).toString("base64url");
  const signed = [role, signedInAt.toString(36), expiresAt.toString(36), nonce].join(".");
  return `${signed}.${sign(key, signed)}`;
}

/** The session that a cookie's value stands for; undefined when it is none, was changed, or has ended. */
export function readSession(secrets: RoleSecrets, value: string | undefined, now: number): ConsoleSession | undefined {
  const [, role, signedIn, expires, nonce, mac] = FORM.exec(value ?? "") ?? [];
  if (!value || !isRole(role)) return undefined;
  const signed = value.slice(0, value.lastIndexOf("."));
  const key = secrets[role].map((secret) => keyOf(secret, role)).find((one) => isSame(mac!, sign(one, signed)));
  if (!key) return undefined;
  const [signedInAt, expiresAt] = [Number.parseInt(signedIn!, 36), Number.parseInt(expires!, 36)];
  if (now >= expiresAt) return undefined;
  return {
    role,
    signedInAt,
    expiresAt,
    csrf: sign(key, `csrf ${nonce}`),
    renew: (at) => writeSession(key, role, at, signedInAt),
  };
}

/** Whether it is time to give the session a new cookie: half of its idle time is over. */
export function isDueForRenewal(
  { expiresAt, signedInAt }: Pick<ConsoleSession, "expiresAt" | "signedInAt">,
  now: number,
): boolean {
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

function keyOf(secret: string, role: Role): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "", `operator console, ${role}, 1`, 32));
}

function sign(key: Uint8Array, text: string): string {
  return createHmac("sha256", key).update(text).digest("base64url");
}
