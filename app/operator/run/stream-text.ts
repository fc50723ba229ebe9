const ENCODER = new TextEncoder();

/**
 * A body that is made while it is sent, piece by piece, so that memory does not grow with it.
 * @param signal ends it as broken off: the client has gone, or the process is about to stop.
 */
export function streamText(
  pieces: AsyncGenerator<string, void, undefined>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await pieces.next();
        if (signal.aborted) controller.error(new Error("the client has gone, or the server is about to stop"));
        else if (done) controller.close();
        else controller.enqueue(ENCODER.encode(value));
      } catch (error) {
        controller.error(error);
      }
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}
