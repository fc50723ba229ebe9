import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

import { wallNow } from "../platform/ledger/ledger.ts";
import type { Random } from "../platform/random.ts";
import type { Call, Effect } from "../platform/types.ts";
import { sendText } from "./answer.ts";

/** The effects on one call, sorted by when they are played. */
export interface Plan {
  beforeMs: number;
  afterMs: number;
  /** Instead of the real answer, before anything is committed. */
  instead?: Effect & { kind: "lost-before-commit" | "reset" | "hang" | "status" | "throttle" };
  /** After the change is committed, instead of the answer. */
  lostAfter?: Effect & { kind: "lost-after-commit" | "hang" };
  omit: string[];
  truncate: boolean;
  names: string;
}

const NO_EFFECTS: Plan = { beforeMs: 0, afterMs: 0, omit: [], truncate: false, names: "" };

export function planEffects(effects: readonly Effect[], random: Random): Plan {
  if (effects.length === 0) return NO_EFFECTS;
  const plan: Plan = {
    beforeMs: 0,
    afterMs: 0,
    omit: [],
    truncate: false,
    names: effects.map((effect) => effect.kind).join(","),
  };
  const draw = (ms: number | [number, number] | undefined): number =>
    ms === undefined ? 0 : typeof ms === "number" ? ms : ms[0] + random.next() * (ms[1] - ms[0]);
  for (const effect of effects) {
    switch (effect.kind) {
      case "latency":
        plan.beforeMs += draw(effect.beforeMs);
        plan.afterMs += draw(effect.afterMs);
        break;
      case "omit":
        plan.omit.push(...effect.fields);
        break;
      case "truncate":
        plan.truncate = true;
        break;
      case "lost-after-commit":
        plan.lostAfter ??= effect;
        break;
      case "hang":
        if (effect.committed) plan.lostAfter ??= effect;
        else plan.instead ??= effect;
        break;
      default:
        plan.instead ??= effect;
    }
  }
  return plan;
}

/**
 * Plays what comes before a call is served: the delay, and what is answered instead.
 * @param throttle answers 429 in the words of the endpoint.
 * @returns whether the call has been dealt with.
 */
export async function playBefore(
  { names, beforeMs, instead }: Plan,
  call: Call,
  response: ServerResponse,
  throttle: (effect: Effect & { kind: "throttle" }) => void,
): Promise<boolean> {
  if (names) call.fault = names;
  if (beforeMs > 0) await wait(beforeMs);
  if (!instead) return false;
  call.outcome = instead.kind;
  if (instead.kind === "throttle") throttle(instead);
  else if (instead.kind === "status") {
    call.status = instead.status;
    const retryAfter = Number(instead.headers?.["retry-after"]);
    if (retryAfter > 0) call.retryUntilWall = wallNow() + retryAfter * 1000;
    sendFaultStatus(response, instead);
  } else dropConnection(response, instead);
  return true;
}

/** Notes that a call was answered 429, and from when on its caller may call again. */
export function noteThrottled(
  call: Call,
  { retryAfterSeconds, forAll }: { retryAfterSeconds: number; forAll?: boolean },
): void {
  call.status = 429;
  call.outcome = "throttled";
  call.retryUntilWall = wallNow() + retryAfterSeconds * 1000;
  if (forAll) call.retryForAll = true;
}

/** The TCP sockets below the proxy's TLS ones, by their two ports: a reset has to be sent there. */
export const tcpSockets = new Map<string, Socket>();

export const portsOf = (socket: Socket): string => `${socket.localPort} ${socket.remotePort}`;

/** Ends the connection without an answer: at once, by TCP reset, or when the caller gives up. */
export function dropConnection(response: ServerResponse, effect: Effect): void {
  const socket = response.socket as Socket | null;
  if (effect.kind === "hang") {
    if (effect.ms !== undefined) setTimeout(() => socket?.destroy(), effect.ms).unref();
  } else if (effect.kind === "reset" && socket) {
    (tcpSockets.get(portsOf(socket)) ?? socket).resetAndDestroy();
  } else {
    socket?.destroy();
  }
}

const PAGES: Record<"json" | "text" | "html", (status: number) => { text: string; contentType: string }> = {
  json: (status) => ({
    text: JSON.stringify({ errors: status === 500 ? "Internal Server Error" : `Error ${status}` }),
    contentType: "application/json; charset=utf-8",
  }),
  text: (status) => ({ text: `error code: ${status}`, contentType: "text/plain; charset=UTF-8" }),
  html: (status) => ({
    text: `<!DOCTYPE html>\n<html><head><title>Something went wrong</title></head><body><h1>${status}</h1></body></html>\n`,
    contentType: "text/html; charset=utf-8",
  }),
};

/** Sends JSON whose second half is missing. */
export function sendTruncated(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  sendText(response, status, "application/json; charset=utf-8", text.slice(0, text.length >> 1));
}

function sendFaultStatus(response: ServerResponse, effect: Effect & { kind: "status" }): void {
  const body = effect.body ?? "json";
  const page = typeof body === "string" ? PAGES[body](effect.status) : body;
  sendText(response, effect.status, page.contentType, page.text, effect.headers);
}
