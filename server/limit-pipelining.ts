import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests of one connection that may wait for their answers. Browsers and proxies send the next one after the answer. */
const MOST_UNANSWERED = 16;

/**
 * Serves the requests of a connection one after the other, and lets other connections' in between: what one has sent at once (HTTP
 * pipelining) would else be served before what others send from now on. Beyond a few, the connection is ended: Node still hands over what it
 * has read.
 */
export function limitPipelining(serve: RequestListener): RequestListener {
  /** Of each connection with a request at work: those that wait for it. */
  const waiting = new WeakMap<Socket, (() => void)[]>();

  const begin = (request: IncomingMessage, response: ServerResponse, queue: (() => void)[]) => {
    response.once("close", () => {
      const next = queue.shift();
      if (next) setImmediate(next);
      else waiting.delete(request.socket);
    });
    serve(request, response);
  };
  return (request, response) => {
    const { socket } = request;
    if (socket.destroyed) return;
    const queue = waiting.get(socket);
    if (!queue) {
      const first: (() => void)[] = [];
      waiting.set(socket, first);
      return begin(request, response, first);
    }
    // Of a body in chunks that waits, Node keeps each chunk for itself: some hundred bytes for each that it may hold.
    const isChunked = request.headers["transfer-encoding"] !== undefined;
    if (isChunked || queue.length + 1 >= MOST_UNANSWERED) return void socket.destroy();
    queue.push(() => socket.writable && begin(request, response, queue));
  };
}
