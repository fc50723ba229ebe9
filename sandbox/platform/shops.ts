import { acquirePair } from "./chain/acquire-pair.ts";
import { acquirePermanent } from "./chain/acquire-permanent.ts";
import { revokeAll } from "./chain/revoke-tokens.ts";
import { NO_TOKENS, type EndReason, type TokenState } from "./chain/token-state.ts";
import { recordEvents } from "./ledger/ledger.ts";
import { requireShop, signingSecret, type PlatformState, type ShopRecord } from "./state.ts";
import { pairBody } from "./token-answers.ts";
import type { InstalledShop, InstallOptions, Standing } from "./types.ts";

const SHOP_DOMAIN = /^[a-z0-9][a-z0-9-_]*\.myshopify\.com$/;

function titleOf(domain: string): string {
  const words = domain.slice(0, domain.indexOf(".")).split(/[-_]+/).filter(Boolean);
  return words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join(" ");
}

/** A shop that exists, without the app. An existing shop keeps its state; given details are updated. */
export function createShop(state: PlatformState, domain: string, options: InstallOptions = {}): ShopRecord {
  const name = domain.toLowerCase();
  if (!SHOP_DOMAIN.test(name)) throw new TypeError(`Not a *.myshopify.com domain: ${domain}`);
  let shop = state.shops.get(name);
  if (!shop) {
    const now = state.clock.now();
    shop = {
      domain: name,
      id: 60_000_000_000 + ++state.shopSerial,
      name: options.name ?? titleOf(name),
      plan: options.plan ?? "Basic",
      email: options.email ?? `owner@${name.slice(0, name.indexOf("."))}.example.com`,
      createdAt: now,
      installed: false,
      standing: "open",
      scopes: [],
      tokens: NO_TOKENS,
      timeline: [],
    };
    state.shops.set(name, shop);
  } else {
    shop.name = options.name ?? shop.name;
    shop.plan = options.plan ?? shop.plan;
    shop.email = options.email ?? shop.email;
  }
  return shop;
}

/**
 * Installs the app and, by `token`, plays the grant that the app made then. Default `none`: the merchant has approved a
 * Shopify-managed install and the app has no token yet.
 */
export function installShop(state: PlatformState, domain: string, options: InstallOptions = {}): InstalledShop {
  const shop = createShop(state, domain, options);
  const now = state.clock.now();
  if (!shop.installed) {
    shop.installed = true;
    shop.installedAt = now;
    shop.timeline.push({ at: now, type: "installed" });
  }
  shop.scopes = options.scopes ?? (shop.scopes.length > 0 ? shop.scopes : state.app.scopes);
  const { mint } = state;
  const secretId = signingSecret(state).id;
  const scope = shop.scopes.join(",");
  if (options.token === "permanent" || options.accessToken !== undefined) {
    const given = options.accessToken;
    const done = acquirePermanent(shop.tokens, {
      secretId,
      now,
      mint: given === undefined ? mint : { ...mint, accessToken: () => given },
      again: given === undefined ? state.choices.permanentAgain : "new",
    });
    if (!done.ok) throw new Error("acquiring a permanent token never fails");
    apply(state, shop, done.state, done.events);
    return { shop: shop.domain, accessToken: done.answer.accessToken, scope };
  }
  if (options.token === "expiring") {
    const done = acquirePair(shop.tokens, { by: "authorization_code", secretId, now, mint, revokePermanent: false });
    if (!done.ok) throw new Error("acquiring a pair never fails");
    apply(state, shop, done.state, done.events);
    const body = pairBody(done.answer, shop.scopes, now);
    return {
      shop: shop.domain,
      accessToken: done.answer.accessToken,
      scope,
      expiresIn: body.expires_in as number,
      refreshToken: done.answer.refreshToken,
      refreshTokenExpiresIn: body.refresh_token_expires_in as number,
    };
  }
  return { shop: shop.domain };
}

/** Ends every token at once; what webhooks follow is the caller's business. False when the app was not installed. */
export function uninstallShop(state: PlatformState, domain: string): boolean {
  const shop = requireShop(state, domain);
  if (!shop.installed) return false;
  shop.installed = false;
  shop.timeline.push({ at: state.clock.now(), type: "uninstalled" });
  endAll(state, shop, "uninstalled");
  return true;
}

/** Ends every token with the app still installed. */
export function revokeShopTokens(state: PlatformState, domain: string): void {
  endAll(state, requireShop(state, domain), "revoked");
}

export function setStanding(state: PlatformState, domain: string, standing: Standing): void {
  const shop = requireShop(state, domain);
  shop.standing = standing;
  shop.timeline.push({ at: state.clock.now(), type: standing === "open" ? "reopened" : standing });
}

/** Changes the granted scopes; returns the ones before. */
export function setShopScopes(state: PlatformState, domain: string, scopes: readonly string[]): readonly string[] {
  const shop = requireShop(state, domain);
  const previous = shop.scopes;
  shop.scopes = [...scopes];
  shop.timeline.push({ at: state.clock.now(), type: "scopes_changed", detail: scopes.join(",") });
  return previous;
}

function endAll(state: PlatformState, shop: ShopRecord, reason: EndReason): void {
  const { state: tokens, events } = revokeAll(shop.tokens, reason);
  apply(state, shop, tokens, events);
  shop.applicationTokens = undefined;
}

function apply(
  state: PlatformState,
  shop: ShopRecord,
  tokens: TokenState,
  events: Parameters<typeof recordEvents>[2],
): void {
  recordEvents(state.ledger, shop, events, state.clock.now());
  shop.tokens = tokens;
}
