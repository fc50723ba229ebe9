import type { IncomingMessage, ServerResponse } from "node:http";
import { isDatabaseUnable } from "../../../app/infra/database/is-database-outage.ts";
import type { Problem } from "../../../app/operator/access/problem.ts";
import { TokenError } from "../../../app/tokens/index.ts";
import { answerOf } from "./token-error-response.ts";

export type ExpressRequest = IncomingMessage & {
  originalUrl?: string;
  body?: unknown;
  query?: Record<string, unknown>;
};
export type Next = (error?: unknown) => void;
class MalformedAddressError extends Error {
  override name = "MalformedAddressError";
}

const MALFORMED: Problem = {
  status: 400,
  code: "malformed_address",
  detail: "The address of the request cannot be read.",
};

/** @throws MalformedAddressError for what is no address: Node passes on whatever a request line holds. */
export function urlOf(request: ExpressRequest): URL {
  const url = URL.parse((request.originalUrl ?? request.url ?? "/").replace(/^\/+/, "/"), "http://app.invalid");
  if (!url || !/^https?:$/.test(url.protocol))
    throw new MalformedAddressError("The address of the request cannot be read");
  return url;
}

export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Answers in words, before the library or the app sees the request. */
export function refuse(response: ServerResponse, problem: Problem, headers: Record<string, string> = {}): void {
  response.writeHead(problem.status, { "Content-Type": "application/problem+json", ...headers });
  response.end(JSON.stringify(problem));
}

/** What went wrong as an HTTP answer, where it is ours to give one. */
export function answer(error: unknown, response: ServerResponse, next: Next): void {
  if (error instanceof MalformedAddressError && !response.headersSent) return refuse(response, MALFORMED);
  const said = error instanceof TokenError || isDatabaseUnable(error) ? answerOf(error) : undefined;
  if (!said || response.headersSent) {
    next(error);
    return;
  }
  response.writeHead(said.status, { "Content-Type": "text/plain; charset=utf-8", ...said.headers });
  response.end(said.text);
}
