import type { ServerResponse } from "node:http";

import { wallNow } from "../platform/ledger/ledger.ts";
import type { Call } from "../platform/types.ts";

/**
 * Notes when a call ends: when its answer is given away, or when its caller goes. Not when the last byte is known to have left: by
 * then the caller may have read it and be calling again.
 * @returns to be called once the answer was given.
 */
export function noteEnd(call: Call, response: ServerResponse): () => void {
  const end = () => void (call.endedWall ??= wallNow());
  const gone = () => {
    end();
    if (!response.writableFinished && call.fault === undefined) call.abandoned = true;
  };
  if (response.destroyed) gone();
  else response.once("close", gone);
  return () => {
    if (response.writableEnded || response.socket?.destroyed) end();
  };
}
