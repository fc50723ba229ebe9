import type { Phase } from "../../infra/flags/phase.ts";
import type { ShopTokenState } from "../../tokens/index.ts";

/** How a store is connected, as far as a merchant is concerned. Each has its own words. */
export type ConnectionKind =
  /** Just now, for the first time. */
  | "new"
  | "connected"
  /** Does not end, and needs no renewal: before the upgrade, or an app made for this store alone. */
  | "lasting"
  /** Works as it is, and will be upgraded in the background. */
  | "upgrade_planned"
  | "upgrading"
  | "paused"
  /** Only the merchant can restore it. */
  | "attention";

/** The state of a shop's connection without words: the page has them in the merchant's language. Times are ISO 8601. */
export interface ConnectionView {
  kind: ConnectionKind;
  since?: string;
  pausedSince?: string;
  renewedAt?: string;
  /** From then on the connection is renewed as soon as it is needed. */
  renewsFrom?: string;
  /** How long it would last if it were never renewed. */
  lastsUntil?: string;
  scopes: string[];
}

const NEW_FOR_MS = 10 * 60_000;

/** What a page says of a shop's connection. @param now milliseconds since the epoch. */
export function viewConnection(state: ShopTokenState, phase: Phase, now: number): ConnectionView {
  const { acquiredAt, migratedAt, refreshedAt } = state;
  const kind = kindOf(state, phase, now);
  const renews = kind === "connected" || kind === "new";
  return {
    kind,
    since: iso(inOrder(acquiredAt, migratedAt, refreshedAt)[0]),
    pausedSince: iso(state.suspendedAt),
    renewedAt: iso(inOrder(refreshedAt, migratedAt).at(-1)),
    renewsFrom: renews ? iso(state.expires) : undefined,
    lastsUntil: renews ? iso(state.refreshTokenExpires) : undefined,
    scopes: state.scope?.split(",").filter(Boolean) ?? [],
  };
}

function kindOf(state: ShopTokenState, phase: Phase, now: number): ConnectionKind {
  if (state.suspendedAt) return "paused";
  if (state.needsReauthAt || state.status === "dead" || state.status === "missing" || state.status === "placeholder") {
    return "attention";
  }
  if (state.status === "permanent" && phase !== "legacy") return state.leased ? "upgrading" : "upgrade_planned";
  if (state.status === "permanent" || state.status === "custom_app") return "lasting";
  const isNew = state.acquiredAt && !state.migratedAt && !state.refreshedAt;
  return isNew && now - state.acquiredAt!.getTime() < NEW_FOR_MS ? "new" : "connected";
}

/** From the earliest to the latest. */
function inOrder(...dates: (Date | undefined)[]): Date[] {
  return dates.filter((date) => date !== undefined).sort((a, b) => a.getTime() - b.getTime());
}

function iso(date: Date | undefined): string | undefined {
  return date?.toISOString();
}
