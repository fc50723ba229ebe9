import type { RequestListener } from "node:http";
import type { Socket } from "node:net";

/** Requests of one connection that may wait for their answers. Browsers and proxies send the next one after the answer. */
const MOST_UNANSWERED = 16;

/**
 * Ends a connection that sends requests without waiting for the answers (HTTP pipelining) beyond a few: what it has sent already would
 * be served before what others send from now on. In front of everything else, because Node still hands over what it has read.
 */
export function limitPipelining(serve: RequestListener): RequestListener {
  const unanswered = new WeakMap<Socket, number>();
  return (request, response) => {
    const { socket } = request;
    if (socket.destroyed) return;
    const open = unanswered.get(socket) ?? 0;
    if (open >= MOST_UNANSWERED) return void socket.destroy();
    unanswered.set(socket, open + 1);
    response.once("close", () => unanswered.set(socket, unanswered.get(socket)! - 1));
    serve(request, response);
  };
}
