import { readSession, type ConsoleSession, type RoleSecrets } from "./console-session.ts";

const NAME = "operator_session";

/** Sent to the operator's addresses alone, and never with a request that another site begins. */
const ATTRIBUTES = "Path=/admin; HttpOnly; SameSite=Strict";

/**
 * The session that a `Cookie` header carries, whatever else goes by its name: neighbours below the same domain can set any number, for paths
 * that go first. The length of the header bounds them.
 * @param now milliseconds since the epoch.
 */
export function sessionOfCookie(secrets: RoleSecrets, header: string | null, now: number): ConsoleSession | undefined {
  const values = (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`));
  for (const pair of values) {
    const session = readSession(secrets, pair.slice(NAME.length + 1), now);
    if (session) return session;
  }
  return undefined;
}

/**
 * A `Set-Cookie` header.
 * @param value empty ends the session in this browser.
 * @param options.secure the app is reached by https; only on localhost it need not be.
 * @param options.seconds how long the browser keeps it.
 */
export function sessionCookie(value: string, { secure, seconds }: { secure: boolean; seconds: number }): string {
  return `${NAME}=${value}; ${ATTRIBUTES}${secure ? "; Secure" : ""}; Max-Age=${Math.max(0, Math.floor(seconds))}`;
}
