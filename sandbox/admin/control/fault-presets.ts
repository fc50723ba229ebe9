import type { Effect } from "../../platform/types.ts";

/** The faults a person can switch on by name; the control API knows all of them. */
export const FAULT_PRESETS: Record<string, { label: string; effect: Effect }> = {
  "lost-after-commit": { label: "Answer lost after the change was made", effect: { kind: "lost-after-commit" } },
  "lost-before-commit": { label: "Connection lost before anything happened", effect: { kind: "lost-before-commit" } },
  reset: { label: "Connection reset", effect: { kind: "reset" } },
  hang: { label: "No answer", effect: { kind: "hang" } },
  throttled: { label: "429 with Retry-After: 2", effect: { kind: "throttle", retryAfterSeconds: 2 } },
  "500-json": { label: "500 as JSON", effect: { kind: "status", status: 500, body: "json" } },
  "502-html": { label: "502 as HTML", effect: { kind: "status", status: 502, body: "html" } },
  "520-text": { label: "520 as plain text", effect: { kind: "status", status: 520, body: "text" } },
  incomplete: {
    label: "Answer without expiry and refresh token",
    effect: { kind: "omit", fields: ["expires_in", "refresh_token", "refresh_token_expires_in"] },
  },
  slow: { label: "Slow: 2 to 4 seconds", effect: { kind: "latency", beforeMs: [2_000, 4_000] } },
};

/** A fault in a person's words. */
export function describeEffect(effect: Effect): string {
  const preset = Object.values(FAULT_PRESETS).find((one) => JSON.stringify(one.effect) === JSON.stringify(effect));
  return preset?.label ?? effect.kind;
}
