import { pipeline, Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import type { ServerResponse } from "node:http";
import type { Problem } from "../../../../app/operator/access/problem.ts";
import { answer, type ExpressRequest, type Next, refuse, urlOf } from "../express-http.ts";
import type { OperatorRoutes } from "./operator-routes.ts";

/** The operator's routes as a middleware: `app.use("/admin", operatorMiddleware(operatorRoutes({ … })))`, before a body is parsed. */
export function operatorMiddleware({ handle }: Pick<OperatorRoutes, "handle">) {
  return async (request: ExpressRequest, response: ServerResponse, next: Next): Promise<void> => {
    const left = new AbortController();
    let asked: Request | undefined;
    // Keeps the Request as well: one that is collected passes no abort on to what was made of its signal.
    response.once("close", () => {
      left.abort();
      asked = undefined;
    });
    try {
      if (UNSENT.test(request.method ?? "")) return refuse(response, METHOD, { Allow: "GET, HEAD, POST, DELETE" });
      asked = toRequest(request, left.signal);
      const answered = await handle(asked);
      response.statusCode = answered.status;
      answered.headers.forEach((value, name) => response.setHeader(name, value));
      if (!answered.body) return void response.end();
      // A stream that fails, or whose reader leaves, ends its own connection alone.
      pipeline(Readable.fromWeb(answered.body as never), response, () => {});
    } catch (error) {
      answer(error, response, next);
    }
  };
}

/** Methods that no Request can have. */
const UNSENT = /^(?:CONNECT|TRACE|TRACK)$/i;
const METHOD: Problem = {
  status: 405,
  code: "method_not_allowed",
  detail: "The operator's routes answer GET, HEAD, POST and DELETE.",
};

function toRequest(request: ExpressRequest, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const { method = "GET" } = request;
  const hasBody = method !== "GET" && method !== "HEAD";
  // Read when it is asked for, which is after the secret: of a stranger's Node keeps nothing then.
  const body = hasBody ? (ReadableStream.from(request) as unknown as BodyInit) : undefined;
  return new Request(urlOf(request), {
    method,
    headers,
    body,
    signal,
    ...(hasBody && { duplex: "half" }),
  } as RequestInit);
}
