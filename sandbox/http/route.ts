import type { IncomingMessage, ServerResponse } from "node:http";

/** Answers a request and returns true, or returns false to leave it to the next. `url.host` is the host asked for. */
export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean | Promise<boolean>;
