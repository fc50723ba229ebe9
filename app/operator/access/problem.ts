import { STATUS_CODES } from "node:http";

/** RFC 9457 problem details: `code` is stable and for machines, `detail` says what to do about it. */
export interface Problem {
  status: number;
  code: string;
  /** Default: the name of the status. */
  title?: string;
  detail: string;
  /** Fields of the request that cannot be used, each with the reason. */
  errors?: readonly { field: string; message: string }[];
}

/** Names of RFC 9110 where Node still has those before it. */
const NAMES: Record<number, string | undefined> = {
  ...STATUS_CODES,
  413: "Content Too Large",
  422: "Unprocessable Content",
};

/** A problem in a few words. */
export function problemTitle({ status, title }: Problem): string {
  return title ?? NAMES[status] ?? "";
}

/** 422. @param what is to be done, and, where fields are named, why each cannot be used. */
export function invalidRequest(detail: string, errors?: Problem["errors"]): Response {
  return problemResponse({ status: 422, code: "invalid_request", detail, errors });
}

/** 409: what is asked for cannot be done as things stand. @param detail what is to be done first. */
export function conflict(code: string, detail: string): Response {
  return problemResponse({ status: 409, code, detail });
}

/** A problem as a response of type `application/problem+json`. */
export function problemResponse(problem: Problem, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ type: "about:blank", ...problem, title: problemTitle(problem) }), {
    status: problem.status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });
}
