import type { ProbeAnswer, TokenAnswer } from "../../tokens/index.ts";
import type { PlatformSignal } from "./platform-signal.ts";

/** A call did not leave: the gate was shut after the shop had been taken up. Nothing happened to the shop. */
export class GateClosedError extends Error {
  constructor() {
    super("The call did not leave");
    this.name = "GateClosedError";
  }
}

/** Counters that only rise; the control loop reads their differences. */
export interface GateCounts {
  /** Time in which calls could be made; milliseconds. */
  activeMs: number;
  answered: number;
  /** Refusals that paused all calls. */
  throttled: number;
  /** Times when only the rate held a shop back. */
  limited: number;
}

/** What a call came to. */
export interface CallSignal extends PlatformSignal {
  /** It concerns all shops, and says nothing about this one. */
  isForAll: boolean;
}

/** A shop's turn. */
export interface Permit {
  /** Runs a call, token endpoint or verification, as soon as there is a place. @throws GateClosedError */
  run<T extends TokenAnswer | ProbeAnswer>(call: () => Promise<T>): Promise<T>;
  /** What the last call came to; undefined when none was made. */
  readonly last: CallSignal | undefined;
  /** The shop is done with, whether it called or not. */
  release(): void;
}
