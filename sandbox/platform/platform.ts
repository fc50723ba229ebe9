import { judgeAdminAccess } from "./admin-access.ts";
import * as authorize from "./authorize.ts";
import { DEFAULT_CHOICES, requireChoices, type Choices } from "./choices.ts";
import { createClock, type Clock } from "./clock.ts";
import { permanentTokensRefused } from "./cut-off.ts";
import { createFaultBook } from "./faults.ts";
import { issueIdToken } from "./id-token.ts";
import { createLedger } from "./ledger/ledger.ts";
import * as questions from "./ledger/questions.ts";
import { findSecrets } from "./ledger/sightings.ts";
import { createRandom } from "./random.ts";
import { createTokenBuckets } from "./rate-limit.ts";
import * as secrets from "./secrets.ts";
import * as shops from "./shops.ts";
import { requireShop, type PlatformState } from "./state.ts";
import { answerTokenRequest, type TokenParameters } from "./token-endpoint.ts";
import type { AppOptions, IdTokenOptions, InstallOptions, Standing, StoredRow } from "./types.ts";
import { viewShop } from "./view-shop.ts";

export interface PlatformOptions {
  app: AppOptions;
  seed?: number;
  choices?: Partial<Choices>;
  clock?: Clock;
}

/** The simulated platform without HTTP: all state and every verb on it. */
export type Platform = ReturnType<typeof createPlatform>;

export function createPlatform(options: PlatformOptions) {
  const random = createRandom(options.seed ?? 1);
  const state: PlatformState = {
    app: {
      kind: "public",
      createdAt: "2025-01-15",
      legacyInstallFlow: false,
      ...options.app,
      url: options.app.url.replace(/\/$/, ""),
      deliverTo: (options.app.deliverTo ?? options.app.url).replace(/\/$/, ""),
    },
    choices: { ...DEFAULT_CHOICES, ...requireChoices(options.choices ?? {}) },
    clock: options.clock ?? createClock(),
    random,
    mint: { accessToken: () => `shpat_${random.hex(32)}`, refreshToken: () => `shprt_${random.hex(32)}` },
    secrets: [{ id: 1, value: options.app.clientSecret, revoked: false }],
    appKeys: [],
    usedAssertions: new Set(),
    shops: new Map(),
    codes: new Map(),
    ledger: createLedger(),
    faults: createFaultBook(random),
    buckets: createTokenBuckets(),
    shopSerial: 0,
  };
  return {
    state,
    clock: state.clock,
    createShop: (shop: string, o?: InstallOptions) => shops.createShop(state, shop, o),
    installShop: (shop: string, o?: InstallOptions) => shops.installShop(state, shop, o),
    uninstallShop: (shop: string) => shops.uninstallShop(state, shop),
    revokeShopTokens: (shop: string) => shops.revokeShopTokens(state, shop),
    setStanding: (shop: string, standing: Standing) => shops.setStanding(state, shop, standing),
    setShopScopes: (shop: string, scopes: readonly string[]) => shops.setShopScopes(state, shop, scopes),
    viewShop: (shop: string) => viewShop(state, requireShop(state, shop)),
    rotateSecret: (value?: string) => secrets.rotateSecret(state, value),
    revokeOldSecrets: () => secrets.revokeOldSecrets(state),
    idToken: (shop: string, o?: IdTokenOptions) => issueIdToken(state, requireShop(state, shop).domain, o),
    launchUrl: (shop: string, o: { embedded: boolean; path?: string; idToken?: string; locale?: string }) =>
      authorize.launchUrl(state, requireShop(state, shop).domain, o),
    judgeAuthorize: (shop: string, query: URLSearchParams, redirectUrls?: readonly string[]) =>
      authorize.judgeAuthorize(state, shop, query, redirectUrls),
    approveInstall: (request: authorize.AuthorizeRequest) => authorize.approveInstall(state, request),
    tokenRequest: (shop: string, parameters: TokenParameters, context?: { concurrent?: boolean }) =>
      answerTokenRequest(state, shop, parameters, context),
    adminAccess: (shop: string, accessToken: string | undefined) => judgeAdminAccess(state, shop, accessToken),
    permanentTokensRefused: () => permanentTokensRefused(state),
    isCurrentPair: (shop: string, pair: { accessToken: string; refreshToken: string | null }) =>
      questions.isCurrentPair(state, shop, pair),
    notCurrent: (rows: readonly StoredRow[]) =>
      rows.filter((row) => !questions.isCurrentPair(state, row.shop, row)).map(({ shop }) => shop),
    orphans: (rows: readonly StoredRow[]) => questions.orphans(state, rows),
    overlaps: () => questions.overlaps(state.ledger.calls),
    retryAfterBroken: (toleranceMs?: number) => questions.retryAfterBroken(state.ledger.calls, toleranceMs),
    usedAfterEnd: () => questions.usedAfterEnd(state),
    findSecrets: (text: string) => findSecrets(state, text, "scanned text"),
    /** Back to an empty platform. Objects are emptied, not replaced: a caller that holds them keeps seeing the current state. */
    reset(): void {
      const { ledger } = state;
      state.shops.clear();
      state.codes.clear();
      state.appKeys.length = 0;
      state.usedAssertions.clear();
      for (const list of [ledger.calls, ledger.tokens, ledger.usedAfterEnd, ledger.sightings]) list.length = 0;
      ledger.byValue.clear();
      state.secrets.splice(0, state.secrets.length, { id: 1, value: options.app.clientSecret, revoked: false });
      state.faults.clear();
      state.buckets.configure(null);
      state.clock.reset();
    },
  };
}
