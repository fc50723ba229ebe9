const NAME = "operator_session";

/** Sent to the operator's addresses alone, and never with a request that another site begins. */
const ATTRIBUTES = "Path=/admin; HttpOnly; SameSite=Strict";

/** The session's value in a `Cookie` header. */
export function cookieValueOf(header: string | null): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === NAME) return pair.slice(at + 1).trim();
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
