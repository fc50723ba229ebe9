import type { RequestHandler, Response } from "express";

/** What every response says unless its route said something else. Embedded documents name their own `frame-ancestors`. */
const DEFAULTS: Record<string, string> = {
  "Content-Security-Policy": "frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  // The first document of an embedded app has an ID token in its address: no other page may learn it.
  "Referrer-Policy": "strict-origin",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "Cache-Control": "no-store",
};
/** One year. */
const HTTPS = { "Strict-Transport-Security": "max-age=31536000" };

/**
 * Fills in security headers at the moment a response is sent: a header that is already set is kept, and none is sent twice.
 * HSTS goes out behind https only (`X-Forwarded-Proto` of a trusted proxy counts).
 */
export const defaultHeaders: RequestHandler = (request, response, next) => {
  beforeHeaders(response, () => {
    for (const [name, value] of Object.entries(request.secure ? { ...DEFAULTS, ...HTTPS } : DEFAULTS))
      if (!response.hasHeader(name)) response.setHeader(name, value);
  });
  next();
};

/** Runs `act` once, just before the status line and headers of a response leave. */
export function beforeHeaders(response: Response, act: () => void): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => Response;
  let acted = false;
  response.writeHead = ((...args: unknown[]) => {
    if (!acted) {
      acted = true;
      act();
    }
    return writeHead(...args);
  }) as typeof response.writeHead;
}
