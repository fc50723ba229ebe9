import type { CallGate } from "../pacing/call-gate.ts";
import type { Attempt } from "./attempt-shop.ts";
import type { ClaimBuffer } from "./claim-buffer.ts";
import type { Claim } from "./claim-shops.ts";

/**
 * Takes up shops from a worker's buffer, each as soon as the gate has room for it.
 * @param options.pausedFor milliseconds for which nothing may be taken up, for a reason of the worker's own.
 * @param options.tickMs looks again at least this often while it waits for a time.
 * @param options.work one attempt at a shop; never throws. A shop to which nothing happened goes back into the buffer.
 */
export function createShopTaker(options: {
  gate: Pick<CallGate, "opensIn">;
  buffer: ClaimBuffer;
  concurrency: number;
  tickMs: number;
  isWorking: () => boolean;
  pausedFor: () => number;
  work: (claim: Claim) => Promise<Attempt>;
}) {
  const { gate, buffer, tickMs } = options;
  /** Shops in work now. */
  const inWork = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  /** 0: one may start now. More: milliseconds until one may. Undefined: something else will call `pump`. */
  function startsIn(): number | undefined {
    if (buffer.size === 0) return undefined;
    const pausedFor = options.pausedFor();
    if (pausedFor > 0) return pausedFor;
    return inWork.size >= 2 * options.concurrency ? undefined : gate.opensIn();
  }

  async function take(claim: Claim): Promise<void> {
    inWork.add(claim.shop);
    const { outcome } = await options.work(claim);
    inWork.delete(claim.shop);
    if (!outcome) buffer.putBack(claim);
    pump();
  }

  /** Takes up shops while everything allows it; otherwise sees to it that it is called again in time. */
  function pump(): void {
    clearTimeout(timer);
    while (options.isWorking()) {
      buffer.refill();
      const waitMs = startsIn();
      if (waitMs === undefined) return;
      if (waitMs > 0) {
        timer = setTimeout(pump, Math.min(waitMs, tickMs));
        return;
      }
      void take(buffer.next()!);
    }
  }

  return { inWork: inWork as ReadonlySet<string>, pump, end: () => clearTimeout(timer) };
}
