import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { AddressTranslator } from "./translate-addresses.ts";

const REWRITTEN_TYPES =
  /^(text\/html|text\/javascript|application\/javascript|application\/json|application\/manifest\+json|text\/x-script|text\/x-turbo)\b/i;
const POLICY_HEADERS = new Set(["content-security-policy", "content-security-policy-report-only"]);
/** Headers that belong to one connection, or promise a host over https that is not there. */
const DROPPED_HEADERS = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "strict-transport-security",
  "upgrade",
]);

/** Whether a body of this type carries addresses that the browser would follow. Event streams must not be held back. */
export function isRewritten(contentType: string | undefined): boolean {
  return REWRITTEN_TYPES.test(contentType ?? "");
}

/** The app's response headers for the plain-localhost front. */
export function headersToLocal(headers: IncomingHttpHeaders, translator: AddressTranslator): OutgoingHttpHeaders {
  const out: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || DROPPED_HEADERS.has(name)) continue;
    if (name === "set-cookie") out[name] = [value].flat().map(cookieToLocal);
    else if (POLICY_HEADERS.has(name)) out[name] = [value].flat().map((policy) => translator.policyToLocal(policy));
    else out[name] = Array.isArray(value) ? value.map((one) => translator.toLocal(one)) : translator.toLocal(value);
  }
  return out;
}

/**
 * A cookie of the https app on http://localhost. Chromium and Firefox accept `Secure` there, Safari does not; only
 * `SameSite=None` cannot do without it. A `Domain` would name a host that is not in the address bar.
 */
function cookieToLocal(cookie: string): string {
  const withoutDomain = cookie.replace(/;\s*domain=[^;]*/gi, "");
  return /samesite=none/i.test(withoutDomain) ? withoutDomain : withoutDomain.replace(/;\s*secure(?=;|$)/gi, "");
}
