/** How an operator wants to read something that changes. */
export type StreamFormat = "sse" | "ndjson";

/** The stream an `Accept` header asks for, or undefined for one JSON answer. */
export function streamFormatOf(accept: string | null): StreamFormat | undefined {
  for (const part of (accept ?? "").split(",")) {
    const type = part.split(";")[0]!.trim().toLowerCase();
    if (type === "text/event-stream") return "sse";
    if (type === "application/x-ndjson") return "ndjson";
    if (type === "application/json" || type === "*/*") return undefined;
  }
  return undefined;
}

export interface StreamOptions {
  format: StreamFormat;
  /** Ends the stream: the client has gone, or the server is about to stop. */
  signal: AbortSignal;
  /** A comment (SSE) or empty line (NDJSON) after so much silence keeps proxies from closing; ms. */
  heartbeatMs?: number;
}

const ENCODER = new TextEncoder();
/** The name of each server-sent event. */
const EVENT = "run";
const TYPES: Record<StreamFormat, string> = {
  sse: "text/event-stream; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
};

/** Sends each value as it comes, as JSON, until there are no more or `signal` is aborted. */
export function streamValues(values: AsyncIterable<unknown>, options: StreamOptions): Response {
  const { format, signal, heartbeatMs = 15_000 } = options;
  let open = true;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string) => {
        if (open) controller.enqueue(ENCODER.encode(text));
      };
      const end = () => {
        if (!open) return;
        open = false;
        controller.close();
      };
      const heartbeat = setInterval(() => send(format === "sse" ? ": still here\n\n" : "\n"), heartbeatMs);
      signal.addEventListener("abort", end, { once: true });
      try {
        for await (const value of values) {
          if (signal.aborted || !open) break;
          const json = JSON.stringify(value);
          send(format === "sse" ? `event: ${EVENT}\ndata: ${json}\n\n` : `${json}\n`);
        }
        end();
      } catch (error) {
        if (open && !signal.aborted) {
          open = false;
          controller.error(error);
        } else end();
      } finally {
        clearInterval(heartbeat);
        signal.removeEventListener("abort", end);
      }
    },
    cancel() {
      open = false;
    },
  });
  return new Response(body, {
    headers: { "Content-Type": TYPES[format], "Cache-Control": "no-store", "X-Accel-Buffering": "no" },
  });
}
