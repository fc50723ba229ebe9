import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Alert } from "./judge-alerts.ts";

/** Where alerts are posted to. */
export interface AlertReceiver {
  url: string;
  /** Signs each body; unsigned without it. */
  secret?: string;
}

/** An alert that begins, or one that is over. */
export interface AlertMessage extends Alert {
  action: "trigger" | "resolve";
  /** The public address of the app, to tell two apps apart. */
  source: string;
  /** Milliseconds since the epoch. */
  at: number;
}

const TIMEOUT_MS = 5_000;
const ATTEMPTS = 3;

/**
 * What is posted. `text` is all that Slack and its relatives read; `event_action`, `dedup_key` and `payload` are those of PagerDuty's
 * Events API v2. Counts only: no shop, no token.
 * @see https://api.slack.com/messaging/webhooks
 * @see https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
 */
function alertBody({ action, source, at, name, severity, step, text, details }: AlertMessage) {
  const host = new URL(source).host;
  return {
    text: `${action === "resolve" ? "Resolved" : severity === "critical" ? "Critical" : "Warning"} (${host}): ${text}`,
    event_action: action,
    dedup_key: `expand-contract:${host}:${name}`,
    payload: {
      summary: text,
      source,
      severity,
      timestamp: new Date(at).toISOString(),
      class: name,
      custom_details: { step, ...details },
    },
  };
}

/**
 * `sha256=` and the HMAC-SHA256, in hexadecimal, of the time, a full stop and the body: the time keeps a recorded alert from being sent again.
 * @param timestamp the header `X-Alert-Timestamp`: seconds since the epoch.
 */
export function signAlert(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;
}

/**
 * Posts an alert: three attempts of five seconds, redirects not followed, the answer's body not read.
 * @throws when no attempt was answered 2xx; the message names no part of the address, which may be a secret.
 */
export async function sendAlert(
  receiver: AlertReceiver,
  message: AlertMessage,
  { pauseMs = 1_000, timeoutMs = TIMEOUT_MS, signal }: SendOptions = {},
): Promise<void> {
  const body = JSON.stringify(alertBody(message));
  const timestamp = String(Math.floor(message.at / 1_000));
  const headers: Record<string, string> = { "Content-Type": "application/json", "X-Alert-Timestamp": timestamp };
  if (receiver.secret) headers["X-Alert-Signature"] = signAlert(receiver.secret, timestamp, body);
  let last = "";
  for (let attempt = 1; attempt <= ATTEMPTS && !signal?.aborted; attempt++) {
    if (attempt > 1) await sleep(pauseMs * attempt, undefined, { signal });
    last = await post(receiver.url, { headers, body, timeoutMs });
    if (last === "") return;
    // The receiver has read it and will not take it: the same again would be refused again.
    if (/^answered 4(?!08|29)/.test(last)) break;
  }
  throw new AlertNotDeliveredError(last);
}

export interface SendOptions {
  /** Before the second attempt twice, before the third three times as long. */
  pauseMs?: number;
  /** Of one attempt; 5,000 unless told. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** @returns why it was not taken, or "". */
async function post(
  url: string,
  { headers, body, timeoutMs }: { headers: Record<string, string>; body: string; timeoutMs: number },
): Promise<string> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    await response.body?.cancel();
    return response.ok ? "" : `answered ${response.status}`;
  } catch (error) {
    return error instanceof Error && error.name === "TimeoutError" ? "did not answer in time" : "could not be reached";
  }
}

class AlertNotDeliveredError extends Error {
  readonly code = "alert_not_delivered";
  constructor(why: string) {
    super(`The receiver of alerts ${why}`);
    this.name = "AlertNotDeliveredError";
  }
}
