import type { ReactElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { CONTROLS, visible } from "../../../infra/harmless.ts";

/** Nothing but our own stylesheet and script: no inline code, no frame, no form that leads elsewhere. */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": POLICY,
  "Cache-Control": "no-store",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Robots-Tag": "noindex",
  Vary: "Accept, Cookie",
};

/** A page of the console. Rendered on the server alone, so it works without scripts. */
export function htmlResponse(
  page: ReactElement,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Response {
  // React escapes what is markup; what steers the eye (a change of direction, an escape) is shown instead.
  const html = renderToStaticMarkup(page).replace(CONTROLS, (one) => (/[\t\n]/.test(one) ? one : visible(one)));
  return new Response(`<!doctype html>${html}`, { status, headers: { ...HEADERS, ...headers } });
}

/** Leads the browser to another address of the console, with GET. */
export function seeOther(location: string, headers: Record<string, string> = {}): Response {
  return new Response(null, { status: 303, headers: { Location: location, "Cache-Control": "no-store", ...headers } });
}
