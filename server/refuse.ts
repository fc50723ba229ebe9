import type { Request, Response } from "express";
import { messagePage } from "../app/auth/install/message-page.server.ts";
import { MESSAGE_WORDS } from "../app/auth/install/message-words.ts";
import { languageOf } from "../app/components/language/choose-language.ts";
import { problemResponse, problemTitle, type Problem } from "../app/operator/access/problem.ts";
import { addressOf } from "./parse-address.ts";

/** Answered to machines, whatever they say they accept. */
const MACHINES = /^\/(?:webhooks|metrics|healthz|readyz)(?:\/|$)/;
/** Operators are told the remedy as it is; the pages for merchants are in their language. */
const OPERATORS = /^\/admin(?:\/|$)/;
/** Problems that a merchant meets by following a link. Every other one comes of a request that no page of ours makes. */
const LINK_PROBLEMS = new Set(["not_found", "malformed_address", "address_too_long"]);

/**
 * Answers a request that is not served, in words: a small page for a browser, which Shopify Admin may frame like the
 * app's other messages, problem details (RFC 9457) for everything else.
 * @param options.close ends the connection: what is left of the request's body is not read.
 */
export async function refuse(
  request: Request,
  response: Response,
  problem: Problem,
  { close = false, headers = {} }: { close?: boolean; headers?: Record<string, string> } = {},
): Promise<void> {
  if (response.headersSent) return void response.destroy();
  const wantsPage = /text\/html/i.test(request.headers.accept ?? "") && !MACHINES.test(addressOf(response).path);
  const answer = wantsPage ? pageOf(request, response, problem) : problemResponse(problem);
  if (close) response.set("Connection", "close");
  // What a file would have been answered with. A cache must not take the refusal for it.
  for (const name of ["ETag", "Last-Modified"]) response.removeHeader(name);
  response.set("Cache-Control", "no-store");
  response.status(problem.status).set(Object.fromEntries(answer.headers)).set(headers);
  response.end(request.method === "HEAD" ? undefined : await answer.text());
}

function pageOf(request: Request, response: Response, problem: Problem) {
  const { status, code, detail } = problem;
  const { path, search } = addressOf(response);
  if (OPERATORS.test(path)) {
    const link = { href: "/admin", label: "Go to the console" };
    return messagePage({ status, language: "en", title: problemTitle(problem), text: detail, link });
  }
  const { language } = languageOf(new URLSearchParams(search), request.headers["accept-language"] ?? "");
  const words = MESSAGE_WORDS[language];
  const page = status >= 500 ? "failed" : LINK_PROBLEMS.has(code) ? "notFound" : "refused";
  const { requestId } = response.locals as { requestId?: string };
  return messagePage({
    status,
    language,
    ...words[page],
    link: { href: "/", label: words.link.start },
    reference: status >= 500 && requestId ? words.reference + requestId : undefined,
  });
}
