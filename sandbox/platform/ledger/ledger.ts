import type { TokenEvent } from "../chain/token-state.ts";
import type { ShopRecord } from "../state.ts";
import type { Call, Ledger, TokenRecord } from "../types.ts";

export function createLedger(): Ledger {
  return { calls: [], tokens: [], byValue: new Map(), usedAfterEnd: [], sightings: [] };
}

/** Wall-clock milliseconds with fractions, on one monotonic scale: overlaps are told from these. */
export function wallNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Opens the record of a call; what serves the call fills in the rest and closes it. */
export function openCall(ledger: Ledger, call: Pick<Call, "endpoint" | "shop" | "grant" | "at">): Call {
  const record: Call = {
    n: ledger.calls.length + 1,
    endpoint: call.endpoint,
    shop: call.shop,
    grant: call.grant,
    at: call.at,
    startedWall: wallNow(),
    endedWall: undefined,
    status: undefined,
    outcome: "",
    presented: undefined,
    issued: undefined,
  };
  ledger.calls.push(record);
  return record;
}

function register(
  ledger: Ledger,
  shop: ShopRecord,
  kind: TokenRecord["kind"],
  value: string,
  issuedAt: number,
  expiresAt?: number,
): number {
  const existing = ledger.byValue.get(value);
  if (existing) {
    existing.expiresAt = expiresAt;
    return existing.id;
  }
  const record: TokenRecord = { id: ledger.tokens.length + 1, kind, shop: shop.domain, value, issuedAt, expiresAt };
  ledger.tokens.push(record);
  ledger.byValue.set(value, record);
  return record.id;
}

/** Writes down an application-only token. @returns its number. */
export function recordApplicationToken(
  ledger: Ledger,
  shop: ShopRecord,
  token: { accessToken: string; expiresAt: number },
  at: number,
): number {
  const id = register(ledger, shop, "application", token.accessToken, at, token.expiresAt);
  shop.timeline.push({ at, type: "application_token_issued", tokens: [id] });
  return id;
}

function end(ledger: Ledger, value: string, at: number, reason: string): number[] {
  const record = ledger.byValue.get(value);
  if (!record) return [];
  if (record.endedAt === undefined) {
    record.endedAt = at;
    record.endReason = reason;
  }
  return [record.id];
}

/** Writes what a transition did into the token register and the shop's timeline. Returns the ids of issued tokens. */
export function recordEvents(ledger: Ledger, shop: ShopRecord, events: readonly TokenEvent[], at: number): number[] {
  const issued: number[] = [];
  for (const event of events) {
    switch (event.type) {
      case "pair_issued":
      case "pair_returned_again": {
        const { pair } = event;
        const tokens = [
          register(ledger, shop, "access", pair.accessToken, pair.issuedAt, pair.accessExpiresAt),
          register(ledger, shop, "refresh", pair.refreshToken, pair.issuedAt, pair.refreshExpiresAt),
        ];
        issued.push(...tokens);
        shop.timeline.push({ at, type: event.type, detail: event.by, tokens });
        break;
      }
      case "permanent_issued": {
        const id = register(ledger, shop, "permanent", event.token.accessToken, event.token.issuedAt);
        issued.push(id);
        shop.timeline.push({ at, type: event.again ? "permanent_returned_again" : event.type, tokens: [id] });
        break;
      }
      case "online_issued": {
        const id = register(ledger, shop, "online", event.token.accessToken, at, event.token.expiresAt);
        issued.push(id);
        shop.timeline.push({ at, type: event.type, detail: event.token.userId, tokens: [id] });
        break;
      }
      case "permanent_ended":
      case "access_ended": {
        const tokens = end(ledger, event.accessToken, at, event.reason);
        shop.timeline.push({ at, type: event.type, detail: event.reason, tokens });
        break;
      }
      case "refresh_ended": {
        const tokens = end(ledger, event.refreshToken, at, event.reason);
        shop.timeline.push({ at, type: event.type, detail: event.reason, tokens });
        break;
      }
    }
  }
  return issued;
}
