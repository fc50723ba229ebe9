import type { Request, Response } from "express";
import { messagePage } from "../app/auth/install/message-page.server.ts";
import { problemResponse, type Problem } from "../app/operator/access/problem.ts";
import { addressOf } from "./parse-address.ts";

/** Answered to machines, whatever they say they accept. */
const MACHINES = /^\/(?:webhooks|metrics|healthz|readyz)(?:\/|$)/;

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
  const answer = wantsPage
    ? messagePage({
        status: problem.status,
        title: problem.title,
        text: problem.detail,
        link: { href: "/", label: "Go to the start page" },
      })
    : problemResponse(problem);
  if (close) response.set("Connection", "close");
  response.status(problem.status).set(Object.fromEntries(answer.headers)).set(headers);
  response.end(request.method === "HEAD" ? undefined : await answer.text());
}
