import type { IncomingHttpHeaders } from "node:http";
import type { RequestHandler } from "express";
import type { Problem } from "../app/operator/access/problem.ts";
import { addressOf } from "./parse-address.ts";
import { refuse } from "./refuse.ts";

/** Characters of each header that something here reads. Node itself limits all headers together to 16 KiB. */
const HEADER_LIMITS: Readonly<Record<string, number>> = {
  host: 255,
  authorization: 4_096,
  cookie: 8_192,
  origin: 512,
  "user-agent": 1_024,
  accept: 1_024,
  "accept-encoding": 512,
  "accept-language": 512,
  "content-type": 256,
  "if-none-match": 1_024,
  range: 256,
  "x-forwarded-proto": 64,
  "x-shopify-hmac-sha256": 512,
  "x-shopify-topic": 512,
  "x-shopify-shop-domain": 512,
  "x-shopify-api-version": 512,
  "x-shopify-webhook-id": 512,
  "x-shopify-event-id": 512,
  "x-shopify-triggered-at": 512,
};
/** Of this one the end is kept, where the nearest proxies write. */
const LONGEST_FORWARDED_FOR = 512;
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

export const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const PAGE_METHODS = new Set(["GET", "HEAD", "POST", "OPTIONS"]);
const OPERATORS = /^\/(?:admin|metrics)(?:\/|$)/;
const WEBHOOKS = /^\/webhooks(?:\/|$)/;
const FORM = /^application\/x-www-form-urlencoded(?:;|$)/i;

/**
 * Refuses what Remix would answer with an error of ours: addresses and headers that cannot be read, methods, origins and content types
 * that no page takes. What passes is what the routes were written for.
 * @param appUrl SHOPIFY_APP_URL: who we are, whatever `Host` says.
 */
export function checkRequest(appUrl: string): RequestHandler {
  const { origin } = new URL(appUrl);
  return (request, response, next) => {
    const { headers, method } = request;
    const address = addressOf(response);
    headers["x-forwarded-for"] &&= endOf(headers["x-forwarded-for"]);
    const methods = methodsOf(address.path);
    const problem =
      address.problem ??
      headerProblem(headers) ??
      (methods.has(method) ? undefined : METHOD_NOT_ALLOWED) ??
      expectationProblem(headers) ??
      formProblem(address.path, method, headers, origin);
    if (!problem) return next();
    const allow: Record<string, string> = problem === METHOD_NOT_ALLOWED ? { Allow: [...methods].join(", ") } : {};
    void refuse(request, response, problem, { close: hasBody(headers), headers: allow });
  };
}

/** Whether a request says that it has a body. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

export function isWebhook(path: string): boolean {
  return WEBHOOKS.test(path);
}

export function isOperators(path: string): boolean {
  return OPERATORS.test(path);
}

/** Operators' routes name the methods of each address themselves. */
function methodsOf(path: string): ReadonlySet<string> {
  if (isWebhook(path)) return new Set(["POST"]);
  return isOperators(path) ? METHODS : PAGE_METHODS;
}

function headerProblem(headers: IncomingHttpHeaders): Problem | undefined {
  for (const [name, most] of Object.entries(HEADER_LIMITS)) {
    if (String(headers[name] ?? "").length > most) return headerTooLong(name, most);
  }
  return hostProblem(headers.host ?? "app");
}

/** Node itself answers `100-continue`. */
function expectationProblem({ expect }: IncomingHttpHeaders): Problem | undefined {
  return expect === undefined || /^100-continue$/i.test(expect) ? undefined : EXPECTATION;
}

/** What is wrong with a `Host` header, if anything. It decides nothing here, but proxies and logs believe it. */
export function hostProblem(host: string): Problem | undefined {
  return HOST.test(host) ? undefined : BAD_HOST;
}

function formProblem(path: string, method: string, headers: IncomingHttpHeaders, origin: string): Problem | undefined {
  if (method === "GET" || method === "HEAD" || method === "OPTIONS" || isWebhook(path)) return undefined;
  const isOfOperators = isOperators(path);
  const isCalledByProgram = isOfOperators && headers.authorization !== undefined;
  // The browser's own word, which no page can forge. Operators open the console at other addresses, too: through a tunnel, in the demo.
  const isOfConsole = isOfOperators && headers["sec-fetch-site"] === "same-origin";
  const isForeign = headers.origin !== undefined && headers.origin !== origin;
  if (isForeign && !isCalledByProgram && !isOfConsole) return FOREIGN_ORIGIN;
  if (isOfOperators) return undefined;
  if (!FORM.test(headers["content-type"] ?? "")) return NOT_A_FORM;
  // Parameters of the type mean nothing for a form, and odd ones make parsers stumble.
  headers["content-type"] = "application/x-www-form-urlencoded";
  return undefined;
}

/** The last entries of a list: whole ones, and no more than are worth reading. */
function endOf(list: string | string[]): string {
  const text = String(list);
  if (text.length <= LONGEST_FORWARDED_FOR) return text;
  const end = text.slice(-LONGEST_FORWARDED_FOR);
  return end.includes(",") ? end.slice(end.indexOf(",") + 1) : "";
}

function headerTooLong(name: string, most: number): Problem {
  return {
    status: 431,
    code: "header_too_long",
    detail: `The header ${name} may have ${most} characters at most.`,
  };
}

const METHOD_NOT_ALLOWED: Problem = {
  status: 405,
  code: "method_not_allowed",
  detail: "This address does not answer such requests. The Allow header names those it answers.",
};
const EXPECTATION: Problem = {
  status: 417,
  code: "unknown_expectation",
  detail: "The Expect header may say 100-continue, and nothing else. Send the request without it.",
};
const BAD_HOST: Problem = {
  status: 400,
  code: "malformed_host",
  detail: "The Host header is not the name of a host.",
};
const FOREIGN_ORIGIN: Problem = {
  status: 403,
  code: "foreign_origin",
  detail:
    "Forms are taken from this app's own pages only. If this is one, SHOPIFY_APP_URL is not the address it was opened at.",
};
const NOT_A_FORM: Problem = {
  status: 415,
  code: "not_a_form",
  detail: "Send a form: Content-Type: application/x-www-form-urlencoded.",
};
