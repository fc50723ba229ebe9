import type { Choices } from "./choices.ts";
import type { Clock } from "./clock.ts";
import { createPlatform, type Platform } from "./platform.ts";
import type { TokenAnswer } from "./token-answers.ts";
import type { AppOptions } from "./types.ts";

/** For tests of the platform: a clock that stands still until moved, and the grants by name. */
export interface TestPlatform extends Platform {
  advance(ms: number): void;
  acquire(shop: string, o?: { expiring?: boolean; secret?: string }): TokenAnswer;
  migrate(shop: string, permanentToken: string, o?: { secret?: string }): TokenAnswer;
  refresh(shop: string, refreshToken: string, o?: { secret?: string; concurrent?: boolean }): TokenAnswer;
}

export const CLIENT_SECRET = "shpss_0123456789abcdef0123456789abcdef";

export function createTestPlatform(
  o: { choices?: Partial<Choices>; app?: Partial<AppOptions>; at?: string } = {},
): TestPlatform {
  let now = Date.parse(o.at ?? "2026-11-23T12:00:00Z");
  const clock: Clock = {
    now: () => now,
    wall: () => now,
    advance: (ms) => void (now += ms),
    reset: () => undefined,
  };
  const platform = createPlatform({
    app: {
      url: "https://app.example",
      clientId: "client",
      clientSecret: CLIENT_SECRET,
      scopes: ["read_products"],
      ...o.app,
    },
    choices: o.choices,
    clock,
  });
  const credentials = (secret = CLIENT_SECRET) => ({ client_id: "client", client_secret: secret });
  const OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token";
  const exchange = { grant_type: "urn:ietf:params:oauth:grant-type:token-exchange", requested_token_type: OFFLINE };
  return {
    ...platform,
    advance: (ms) => clock.advance(ms),
    acquire: (shop, { expiring = true, secret } = {}) =>
      platform.tokenRequest(shop, {
        ...credentials(secret),
        ...exchange,
        subject_token: platform.idToken(shop),
        subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
        expiring: expiring ? "1" : "0",
      }),
    migrate: (shop, permanentToken, { secret } = {}) =>
      platform.tokenRequest(shop, {
        ...credentials(secret),
        ...exchange,
        subject_token: permanentToken,
        subject_token_type: OFFLINE,
        expiring: "1",
      }),
    refresh: (shop, refreshToken, { secret, concurrent } = {}) =>
      platform.tokenRequest(
        shop,
        { ...credentials(secret), grant_type: "refresh_token", refresh_token: refreshToken },
        { concurrent },
      ),
  };
}
