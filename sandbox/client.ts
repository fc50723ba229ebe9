import type { Choices } from "./platform/choices.ts";
import type {
  Call,
  Fault,
  Grant,
  IdTokenOptions,
  InstalledShop,
  InstallOptions,
  Overlap,
  SecretSighting,
  ShopView,
  StoredRow,
  TokenRateLimit,
  UsedAfterEnd,
  WebhookDelivery,
  WebhookOptions,
} from "./platform/types.ts";
import { postControl } from "./post-control.ts";

export { SandboxControlError } from "./post-control.ts";

/** Everything the control API does, typed. Works on a simulator in this or in another process. */
export interface SandboxClient {
  /** A shop that exists, with the app not installed. */
  createShop(shop: string, options?: Omit<InstallOptions, "token">): Promise<ShopView>;
  /** Installs the app; `token` says what the app got then (default `none`: managed install, no grant yet). */
  installShop(shop: string, options?: InstallOptions): Promise<InstalledShop>;
  /** In bulk, in one request per thousand. */
  installShops(shops: ({ shop: string } & InstallOptions)[]): Promise<InstalledShop[]>;
  shop(shop: string): Promise<ShopView>;
  shops(query?: { search?: string; offset?: number; limit?: number }): Promise<{ total: number; shops: ShopSummary[] }>;
  /** Ends every token, then sends `app/uninstalled` (`webhook: false` keeps it back, `delayMs` delays it). */
  uninstall(shop: string, options?: { webhook?: boolean; delayMs?: number }): Promise<WebhookDelivery | undefined>;
  reinstall(shop: string, options?: InstallOptions): Promise<InstalledShop>;
  freeze(shop: string): Promise<void>;
  lock(shop: string): Promise<void>;
  close(shop: string): Promise<void>;
  /** Back to normal from frozen, locked or closed. */
  reopen(shop: string): Promise<void>;
  /** Changes what the merchant granted and sends `app/scopes_update`. */
  setScopes(shop: string, scopes: string[]): Promise<void>;
  /** Ends every token of a shop as the platform would after a leak, with the app still installed. */
  revokeTokens(shop: string): Promise<void>;
  /** Adds a client secret; the old one works until it is revoked. Returns the new one. */
  rotateSecret(secret?: string): Promise<{ secret: string }>;
  /** Revokes all client secrets but the newest; every token they minted dies. `endedShops` lost the pair or permanent token that they had. */
  revokeOldSecrets(): Promise<{ endedShops: number }>;
  /** Public keys of the app, which verify client assertions for application-only tokens. */
  appKeys: {
    /** @param publicKey PEM, or a JWK. */
    add(keyId: string, publicKey: string | object): Promise<void>;
    /** Refuses every later assertion of the key. */
    revoke(keyId: string): Promise<void>;
    list(): Promise<{ keyId: string; revoked: boolean }[]>;
  };
  /** What App Bridge would hand to the app. */
  idToken(shop: string, options?: IdTokenOptions): Promise<string>;
  /** The query string Shopify opens the app with: embedded in the Admin, or at the top for an install or a link. */
  launchUrl(
    shop: string,
    options?: { embedded?: boolean; path?: string; idToken?: IdTokenOptions | false; locale?: string },
  ): Promise<string>;
  /** Sends one webhook now and waits for the first attempt. */
  sendWebhook(
    shop: string,
    topic: string,
    payload?: unknown,
    options?: WebhookOptions,
  ): Promise<{ id: string; status: number; body: string }>;
  webhooks: {
    list(query?: { shop?: string; topic?: string }): Promise<WebhookDelivery[]>;
    /** Sends a delivery again, with the same body and ids. */
    replay(id: string): Promise<{ id: string; status: number; body: string }>;
    /** Keeps everything back until `release`. */
    hold(): Promise<void>;
    release(options?: { order?: "as-sent" | "reverse" | "shuffled" }): Promise<WebhookDelivery[]>;
  };
  clock: {
    /** ISO string. */
    now(): Promise<string>;
    /** Moves forward; webhook retries that fall due on the way are played in order. */
    advance(ms: number): Promise<void>;
  };
  faults: {
    add(fault: Fault): Promise<string>;
    remove(id: string): Promise<void>;
    clear(): Promise<void>;
    list(): Promise<Fault[]>;
    /** What `play` can name, with a label for people. */
    names(): Promise<{ name: string; label: string }[]>;
  };
  choices(choices?: Partial<Choices>): Promise<Choices>;
  /** The token endpoint's limit; null switches it off. */
  tokenRateLimit(limit: TokenRateLimit | null): Promise<void>;
  /** Changes the app's settings, for instance where it listens once that is known. */
  app(
    settings: Partial<{ url: string; deliverTo: string; scopes: string[]; legacyInstallFlow: boolean }>,
  ): Promise<void>;
  ledger: {
    calls(query?: CallQuery): Promise<Call[]>;
    summary(): Promise<LedgerSummary>;
    /** Whether this is exactly the pair that Shopify issued last for the shop. */
    isCurrentPair(shop: string, pair: { accessToken: string; refreshToken: string | null }): Promise<boolean>;
    /** The same for many rows at once: the shops whose row is not what Shopify issued last. */
    notCurrent(rows: StoredRow[]): Promise<string[]>;
    /** Shops whose stored row can never be refreshed again although a usable pair exists. */
    orphans(rows: StoredRow[]): Promise<string[]>;
    /** Token calls of one shop that ran side by side. */
    overlaps(): Promise<Overlap[]>;
    /** Calls begun before a `Retry-After` had passed. */
    retryAfterBroken(options?: { toleranceMs?: number }): Promise<Call[]>;
    /** Calls with a token that had ended. */
    usedAfterEnd(): Promise<UsedAfterEnd[]>;
    /** Secrets seen where they must not be. */
    secretSightings(): Promise<SecretSighting[]>;
    /** Looks for any secret the simulator knows in a text of yours: a log, a page, a report. */
    findSecrets(text: string): Promise<SecretSighting[]>;
  };
  /** Back to an empty simulator: shops, tokens, ledger, faults, clock; choices as at start. */
  reset(): Promise<void>;
}

export interface ShopSummary {
  shop: string;
  name: string;
  plan: string;
  installed: boolean;
  standing: string;
  token: "none" | "permanent" | "expiring" | "both";
}

export interface CallQuery {
  shop?: string;
  endpoint?: string;
  grant?: Grant;
  /** Only calls after this number. */
  after?: number;
  limit?: number;
}

export interface LedgerSummary {
  calls: number;
  tokenCalls: Record<string, number>;
  adminCalls: number;
  shops: number;
  installed: number;
  tokensIssued: number;
  permanentTokensLive: number;
  pairsLive: number;
  overlaps: number;
  usedAfterEnd: number;
  retryAfterBroken: number;
  secretSightings: number;
}

const BULK = 1_000;

/**
 * A client of the control API at `url` (the simulator's plain HTTP origin). It speaks node:http by itself, so that no
 * dispatcher or proxy set for the app's own calls can lead it astray.
 */
export function createSandboxClient(url: string): SandboxClient {
  const call = <Result>(verb: string, ...args: unknown[]): Promise<Result> => postControl<Result>(url, verb, args);
  const verb =
    <Args extends unknown[], Result>(name: string) =>
    (...args: Args): Promise<Result> =>
      call<Result>(name, ...args);
  const quiet =
    <Args extends unknown[]>(name: string) =>
    async (...args: Args): Promise<void> => {
      await call(name, ...args);
    };
  return {
    createShop: verb("createShop"),
    installShop: verb("installShop"),
    async installShops(shops) {
      const installed: InstalledShop[] = [];
      for (let from = 0; from < shops.length; from += BULK) {
        installed.push(...(await call<InstalledShop[]>("installShops", shops.slice(from, from + BULK))));
      }
      return installed;
    },
    shop: verb("shop"),
    shops: verb("shops"),
    async uninstall(...args) {
      return (await call<WebhookDelivery | null>("uninstall", ...args)) ?? undefined;
    },
    reinstall: verb("reinstall"),
    freeze: quiet("freeze"),
    lock: quiet("lock"),
    close: quiet("close"),
    reopen: quiet("reopen"),
    setScopes: quiet("setScopes"),
    revokeTokens: quiet("revokeTokens"),
    rotateSecret: verb("rotateSecret"),
    revokeOldSecrets: verb("revokeOldSecrets"),
    appKeys: { add: quiet("appKeys.add"), revoke: quiet("appKeys.revoke"), list: verb("appKeys.list") },
    idToken: verb("idToken"),
    launchUrl: verb("launchUrl"),
    sendWebhook: verb("sendWebhook"),
    webhooks: {
      list: verb("webhooks.list"),
      replay: verb("webhooks.replay"),
      hold: quiet("webhooks.hold"),
      release: verb("webhooks.release"),
    },
    clock: { now: verb("clock.now"), advance: quiet("clock.advance") },
    faults: {
      add: verb("faults.add"),
      remove: quiet("faults.remove"),
      clear: quiet("faults.clear"),
      list: verb("faults.list"),
      names: verb("faults.names"),
    },
    choices: verb("choices"),
    tokenRateLimit: quiet("tokenRateLimit"),
    app: quiet("app"),
    ledger: {
      calls: verb("ledger.calls"),
      summary: verb("ledger.summary"),
      isCurrentPair: verb("ledger.isCurrentPair"),
      notCurrent: verb("ledger.notCurrent"),
      orphans: verb("ledger.orphans"),
      overlaps: verb("ledger.overlaps"),
      retryAfterBroken: verb("ledger.retryAfterBroken"),
      usedAfterEnd: verb("ledger.usedAfterEnd"),
      secretSightings: verb("ledger.secretSightings"),
      findSecrets: verb("ledger.findSecrets"),
    },
    reset: quiet("reset"),
  };
}
