// Proves that no interleaving of writers, crashes and events orphans a shop or marks a living one dead.
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { Session } from "@shopify/shopify-api";
import { beforeAll, expect, test } from "vitest";
import { installShopifyFetch, makeTokenKey, parseTokenKeys, TokenError, type Tokens } from "../../app/tokens/index.ts";
import type { Choices } from "../../sandbox/platform/choices.ts";
import type { Effect } from "../../sandbox/platform/types.ts";
import { createApi } from "../support/create-api.ts";
import { DAY_MS, HOUR_MS, tokensHarness } from "./tokens-harness.ts";

/**
 * Any interleaving of writers, faults and leaps of time, over two processes: no installed shop is orphaned, nobody is marked dead
 * who is not, and the merchant's next visit always works. Rounds of actions run side by side against the real database and the
 * simulator; what is stored is compared with the simulator's own records after each.
 */
/** One process seals what it stores, the other stores in plain and opens: a change of keys in the middle of everything. */
const keys = parseTokenKeys(makeTokenKey("k1"));
const h = tokensHarness({ keys });
const api = createApi();

const ACTIONS = [
  "open",
  "use",
  "call",
  "call as merchant",
  "refresh",
  "migrate",
  "hear a 401",
  "store an old session",
  "load in a webhook",
  "die with an answer",
  "lose the lease",
  "uninstall, reinstall",
  "late uninstall webhook",
  "convert",
] as const;
type Action = (typeof ACTIONS)[number];

const effects: fc.Arbitrary<Effect> = fc.constantFrom<Effect>(
  { kind: "lost-before-commit" },
  { kind: "lost-after-commit" },
  { kind: "lost-after-commit" },
  { kind: "reset" },
  { kind: "hang", committed: true },
  { kind: "status", status: 503 },
  { kind: "status", status: 520, body: "text" },
  { kind: "status", status: 502, body: "html" },
  { kind: "throttle", retryAfterSeconds: 0.05 },
  { kind: "omit", fields: ["expires_in"] },
  { kind: "omit", fields: ["refresh_token"] },
  { kind: "latency", beforeMs: 30, afterMs: 30 },
  { kind: "latency", beforeMs: 150 },
);

const rounds = fc.array(
  fc.record({
    actions: fc.array(fc.constantFrom(...ACTIONS), { minLength: 1, maxLength: 6 }),
    faults: fc.array(effects, { maxLength: 3 }),
    leapMs: fc.constantFrom(0, 0, 55 * 60_000, 2 * HOUR_MS, 7 * DAY_MS, 30 * DAY_MS, 90 * DAY_MS),
  }),
  { minLength: 1, maxLength: 4 },
);

const scenarios = fc.record({
  token: fc.constantFrom("permanent" as const, "expiring" as const, "none" as const),
  phase: fc.constantFrom("expand" as const, "contract" as const),
  choices: fc.record<Partial<Choices>>({
    concurrentRefresh: fc.constantFrom("new-pair", "same-pair", "refused"),
    repeatedRefresh: fc.constantFrom("new-pair", "same-pair"),
    permanentAfterAcquire: fc.constantFrom("kept", "revoked"),
    refusedRefresh: fc.constantFrom("401-invalid-request", "400-invalid-grant"),
  }),
  rounds,
});

let a: ReturnType<typeof h.process>;
let b: ReturnType<typeof h.process>;

beforeAll(() => installShopifyFetch({ timeoutMs: 1_000 }));

interface World {
  shop: string;
  tokens: Tokens[];
  loaded: Session[];
  uninstalledAt?: Date;
}

async function act(world: World, action: Action, index: number): Promise<unknown> {
  const { shop } = world;
  const tokens = world.tokens[index % world.tokens.length]!;
  switch (action) {
    case "open":
      return tokens.getSession(shop, { idToken: await h.idToken(shop) });
    case "use":
      return tokens.getSession(shop);
    case "call":
      return tokens.admin(shop).graphql("{ shop { id } }");
    case "call as merchant":
      return tokens.admin(shop, { idToken: await h.idToken(shop) }).graphql("{ shop { id } }");
    case "refresh":
      return tokens.refresh(shop);
    case "migrate":
      return tokens.migrate(shop, { retries: index % 3, verify: index % 2 === 0 });
    case "hear a 401": {
      const session = await tokens.sessionStorage.loadSession(`offline_${shop}`);
      if (!session) return;
      session.accessToken = undefined;
      return tokens.sessionStorage.storeSession(session);
    }
    case "store an old session": {
      const row = await h.row(shop);
      const old = world.loaded[index % Math.max(1, world.loaded.length)];
      if (row?.refreshToken) world.loaded.push(sessionOf(row));
      return old && tokens.sessionStorage.storeSession(old);
    }
    case "load in a webhook":
      return tokens.withRequest({ kind: "webhook" }, () => tokens.sessionStorage.loadSession(`offline_${shop}`));
    case "die with an answer":
      return die(shop);
    case "lose the lease":
      // Somewhere in the middle of what the others do.
      await sleep(10 + 25 * index);
      return h.endLease(shop);
    case "uninstall, reinstall":
      world.uninstalledAt = new Date(h.now());
      await h.sandbox.client.uninstall(shop, { webhook: false });
      return h.sandbox.client.reinstall(shop);
    case "convert":
      return tokens.convertRows();
    case "late uninstall webhook":
      return world.uninstalledAt && tokens.recordUninstalled(shop, world.uninstalledAt);
  }
}

function sessionOf(row: NonNullable<Awaited<ReturnType<typeof h.row>>>): Session {
  const { shop, accessToken, refreshToken, expires, refreshTokenExpires } = row;
  return new Session({
    id: `offline_${shop}`,
    shop,
    state: "",
    isOnline: false,
    accessToken,
    expires: expires ?? undefined,
    refreshToken: refreshToken ?? undefined,
    refreshTokenExpires: refreshTokenExpires ?? undefined,
  });
}

/** A process that is killed between Shopify's answer and its own write: the lease is left to run out, the answer is gone. */
async function die(shop: string): Promise<void> {
  const taken = await h.database.query(
    `INSERT INTO expand_contract."ShopToken" AS t (shop, "leaseOwner", "leaseExpiresAt") VALUES ($1, 'killed', clock_timestamp() + interval '500 ms')
     ON CONFLICT (shop) DO UPDATE SET "leaseOwner" = 'killed', "leaseExpiresAt" = EXCLUDED."leaseExpiresAt"
     WHERE t."leaseOwner" IS NULL RETURNING shop`,
    [shop],
  );
  const row = await h.row(shop);
  if (taken.length === 0 || !row) return;
  const call = row.refreshToken
    ? api.auth.refreshToken({ shop, refreshToken: row.refreshToken })
    : api.auth.migrateToExpiringToken({ shop, nonExpiringOfflineAccessToken: row.accessToken });
  await call.catch(() => {});
}

/** Leases and cool-downs live by the database's clock: let them run out as well. */
async function reconcileLate(shop: string): Promise<void> {
  await a.reconcile(shop).catch((error: unknown) => {
    if (!(error instanceof TokenError)) throw error;
  });
  await h.endLease(shop);
}

/** Nobody died and nobody was robbed of the lease: then no two calls may ever have run side by side. */
function isOrderly(actions: readonly Action[]): boolean {
  return !actions.includes("die with an answer") && !actions.includes("lose the lease");
}

/** Compares what is stored with what Shopify holds. */
async function check(world: World): Promise<void> {
  const { shop } = world;
  const row = await h.row(shop);
  const view = await h.sandbox.client.shop(shop);
  const known = [view.pair?.refreshToken, view.previousPair?.refreshToken];
  const isRefreshable = Boolean(
    row?.refreshToken &&
    known.includes(row.refreshToken) &&
    (await h.sandbox.client.ledger.orphans([row])).length === 0,
  );
  const isMigratable = Boolean(row && !row.refreshToken && view.permanentToken === row.accessToken);
  const { needsReauthWhy } = await h.marks(shop);
  if (needsReauthWhy && needsReauthWhy !== "refresh_token_expired") {
    expect({ needsReauthWhy, isRefreshable, isMigratable }).toEqual({
      needsReauthWhy,
      isRefreshable: false,
      isMigratable: false,
    });
  }
  if (!view.installed || !view.pair) return;
  // An acquisition whose answer was lost leaves nothing to store, and had nothing living to replace.
  const issuing = (await h.tokenCalls(shop)).filter((call) => call.issued?.length);
  const last = issuing.at(-1);
  if (last?.grant === "id_token" && (last.status === undefined || last.fault)) return;
  const lost = row ? await h.sandbox.client.ledger.orphans([row]) : [shop];
  const headLives = Date.parse(view.pair.refreshTokenExpiresAt) > h.now();
  if (headLives) expect(lost, "orphaned").toEqual([]);
}

test("no interleaving orphans a shop or marks a living one dead", { timeout: 300_000 }, async () => {
  a = h.process();
  await fc.assert(
    fc.asyncProperty(scenarios, async ({ token, phase, choices, rounds }) => {
      await h.sandbox.client.choices(choices);
      const shop = await h.install(token, h.shopName());
      b = h.process({ phase });
      const world: World = { shop, tokens: [a, b], loaded: [] };
      try {
        for (const { actions, faults, leapMs } of rounds) {
          for (const effect of faults) {
            await h.sandbox.client.faults.add({ shop, endpoint: "token", times: 1, effect });
          }
          const results = await Promise.allSettled(actions.map((action, index) => act(world, action, index)));
          for (const result of results) {
            if (result.status === "rejected" && !(result.reason instanceof TokenError)) throw result.reason;
          }
          await h.sandbox.client.faults.clear();
          await check(world);
          await h.endLease(shop);
          // Nothing stays in doubt for longer than Shopify keeps an old token usable: a daily job sees to it.
          if (leapMs >= 7 * DAY_MS && (await a.shopsToReconcile(1_000_000)).includes(shop)) await reconcileLate(shop);
          await h.advance(leapMs);
        }
        const visit = () => a.admin(shop, { idToken: h.sandbox.platform.idToken(shop) }).graphql("{ shop { id } }");
        await visit();
        await check(world);
        expect((await h.marks(shop)).needsReauthWhy).toBeNull();
        if (isOrderly(rounds.flatMap(({ actions }) => actions))) await h.expectNotOrphaned(shop);
      } finally {
        await h.sandbox.client.faults.clear();
        await b.prisma.$disconnect();
      }
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) },
  );
});
