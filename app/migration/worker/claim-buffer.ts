import type { RunMember } from "../run/run-row.ts";
import { claimFreshShops, claimWaitingShops, type Claim } from "./claim-shops.ts";
import { releaseClaims } from "./record-outcomes.ts";

/** Share of a refill that retries may take while there is fresh work. */
const RETRY_SHARE = 0.25;

export type ClaimBuffer = ReturnType<typeof createClaimBuffer>;

/**
 * The few shops that a worker holds and has not started: filled from the database in small pages, ahead of need.
 * @param options.holdsNothing the worker has no shop in hand outside this buffer.
 */
export function createClaimBuffer(
  me: RunMember,
  options: {
    concurrency: number;
    mayClaim: () => boolean;
    holdsNothing: () => boolean;
    onFilled: () => void;
    onError: (error: unknown) => void;
  },
) {
  const { concurrency } = options;
  const claims: Claim[] = [];
  const want = 2 * concurrency;
  let freshLeft = true;
  let filling: Promise<void> | undefined;
  let foundNothing = false;

  /** Fresh shops first, then what is due again: a retry never passes fresh work that was there before it. */
  async function fill(): Promise<void> {
    const fresh = freshLeft ? await claimFreshShops(me, want) : { claims: [], more: false };
    freshLeft = fresh.more;
    claims.push(...fresh.claims);
    const due = await claimWaitingShops(me, freshLeft ? Math.ceil(want * RETRY_SHARE) : want);
    claims.push(...due);
    foundNothing = fresh.claims.length === 0 && due.length === 0 && !freshLeft;
    // A claim whose answer was lost with a connection is ours without our knowing: with nothing in hand it shows.
    if (foundNothing && claims.length === 0 && options.holdsNothing()) await releaseClaims(me);
  }

  return {
    get size() {
      return claims.length;
    },
    next: () => claims.shift(),
    /** A shop that was taken and could not be started: first in the line again. */
    putBack: (claim: Claim): void => void claims.unshift(claim),
    /** Claims more when there are few, in the background. */
    refill(): void {
      if (filling || foundNothing || claims.length >= concurrency || !options.mayClaim()) return;
      filling = fill()
        .catch(options.onError)
        .finally(() => {
          filling = undefined;
          options.onFilled();
        });
    },
    /** A new look is worth it: some time has passed. @param drained every shop of the wave is taken up. */
    lookAgain(drained: boolean): void {
      foundNothing = false;
      // Another worker may have begun the next wave.
      if (!drained) freshLeft = true;
    },
    /** Nothing here, nothing on its way, nothing fresh left to claim. */
    isExhausted: () => claims.length === 0 && !filling && !freshLeft,
    clear: (): void => void claims.splice(0),
  };
}
