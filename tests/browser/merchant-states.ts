import { setTimeout as wait } from "node:timers/promises";
import type { AppWorld } from "./app-world.ts";

/** One state of the merchant's pages: how it comes about, and what its page says in English. */
export interface MerchantState {
  name: string;
  /** Path in the app; default: home. */
  path?: string;
  /** Which sentence of the page shows that it is there. */
  shows: string | RegExp;
  /** Before the page is opened. */
  arrange?(world: AppWorld, shop: string): Promise<void>;
  /** While the page is being made. */
  during?(world: AppWorld, shop: string): Promise<void>;
  /** Undoes what concerns other shops. */
  restore?(world: AppWorld, shop: string): Promise<void>;
  /** The page is not opened in the Admin but at this address. */
  outside?: boolean;
  /** Its page takes seconds to come: the tests look at it in one other language only. */
  isSlow?: boolean;
  /** Console messages that belong to the state: the browser reports each answer of 4xx and 5xx. */
  expected?: RegExp;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ANSWERED = /^Failed to load resource: the server responded with a status of/;

const permanent = async ({ sandbox, database }: AppWorld, shop: string) => {
  const { accessToken, scope } = await sandbox.client.installShop(shop, { token: "permanent", name: STORE_NAME });
  await database.query(
    `INSERT INTO "Session" ("id", "shop", "state", "scope", "accessToken") VALUES ($1, $2, '', $3, $4)`,
    [`offline_${shop}`, shop, scope, accessToken],
  );
};

const expiring = async ({ sandbox, database }: AppWorld, shop: string) => {
  const pair = await sandbox.client.installShop(shop, { token: "expiring", name: STORE_NAME });
  await database.query(
    `INSERT INTO "Session" ("id", "shop", "state", "scope", "accessToken", "expires", "refreshToken", "refreshTokenExpires")
     VALUES ($1, $2, '', $3, $4, $5, $6, $7)`,
    [
      `offline_${shop}`,
      shop,
      "read_products,write_orders,read_customers",
      pair.accessToken,
      new Date(Date.now() + HOUR_MS),
      pair.refreshToken,
      new Date(Date.now() + 90 * DAY_MS),
    ],
  );
  await database.query(
    `INSERT INTO expand_contract."ShopToken" ("shop", "generation", "acquiredAt", "migratedAt", "refreshedAt") VALUES ($1, 3, $2, $3, $4)`,
    [shop, new Date(Date.now() - 400 * DAY_MS), new Date(Date.now() - 20 * DAY_MS), new Date(Date.now() - HOUR_MS / 2)],
  );
};

const withHistory = async (world: AppWorld, shop: string) => {
  await expiring(world, shop);
  const now = Date.now();
  const events: [number, string][] = [
    [now - 20 * DAY_MS, "migrated"],
    ...Array.from({ length: 23 }, (_, i): [number, string] => [now - 19 * DAY_MS + i * HOUR_MS, "refreshed"]),
    [now - 10 * DAY_MS, "suspended"],
    [now - 8 * DAY_MS, "resumed"],
    ...Array.from({ length: 7 }, (_, i): [number, string] => [now - 7 * DAY_MS + i * HOUR_MS, "refreshed"]),
  ];
  for (const [at, kind] of events) {
    await world.database.query(`INSERT INTO expand_contract."TokenEvent" ("shop", "at", "kind") VALUES ($1, $2, $3)`, [
      shop,
      new Date(at),
      kind,
    ]);
  }
};

export const STORE_NAME = "Alder & Ash";

/** Every state of the merchant's pages. Tests walk through them, and `npm run screenshots` takes their pictures. */
export const MERCHANT_STATES: MerchantState[] = [
  {
    name: "first-open",
    shows: "You’re all set",
    arrange: async ({ sandbox }, shop) =>
      void (await sandbox.client.installShop(shop, { token: "none", name: STORE_NAME })),
  },
  { name: "healthy", shows: "Your store is connected", arrange: expiring },
  { name: "connection", path: "/app/connection", shows: "Renewed 23 times", arrange: withHistory },
  { name: "empty-history", path: "/app/connection", shows: "No changes yet", arrange: permanent },
  { name: "upgrade-planned", shows: /in the background over the next few days/, arrange: permanent },
  {
    name: "upgrading",
    shows: "We’re upgrading your connection",
    arrange: async (world, shop) => {
      await permanent(world, shop);
      await world.database.query(
        `INSERT INTO expand_contract."ShopToken" ("shop", "leaseOwner", "leaseExpiresAt") VALUES ($1, 'other', now() + interval '1 minute')`,
        [shop],
      );
    },
  },
  {
    name: "needs-attention",
    shows: "Your store needs to reconnect",
    expected: ANSWERED,
    arrange: async (world, shop) => {
      await world.sandbox.client.installShop(shop, { token: "none", name: STORE_NAME });
      await refuseIdTokens(world, shop);
    },
    restore: (world) => world.sandbox.client.faults.clear(),
  },
  {
    name: "interrupted",
    isSlow: true,
    shows: "One click restores the connection",
    arrange: async (world, shop) => {
      await expiring(world, shop);
      await world.sandbox.client.faults.add({
        shop,
        endpoint: "graphql",
        effect: { kind: "latency", afterMs: 2_500 },
      });
    },
    during: markWhileAsked,
    restore: (world) => world.sandbox.client.faults.clear(),
  },
  {
    name: "paused",
    shows: "Your store is paused",
    arrange: async (world, shop) => {
      await expiring(world, shop);
      await world.sandbox.client.faults.add({
        shop,
        endpoint: "graphql",
        effect: { kind: "status", status: 402 },
      });
    },
    restore: (world) => world.sandbox.client.faults.clear(),
  },
  {
    name: "shopify-unreachable",
    isSlow: true,
    shows: "Shopify isn’t answering right now",
    arrange: async (world, shop) => {
      await expiring(world, shop);
      await world.sandbox.client.faults.add({ shop, endpoint: "graphql", effect: { kind: "hang" } });
    },
    restore: (world) => world.sandbox.client.faults.clear(),
  },
  {
    name: "database-away",
    isSlow: true,
    shows: "The app will be back in a moment",
    expected: ANSWERED,
    arrange: async (world, shop) => {
      await expiring(world, shop);
      world.severable.stall();
    },
    restore: async (world) => world.severable.mend(),
  },
  {
    name: "unexpected-error",
    path: "/app/connection",
    shows: "Something went wrong",
    expected: ANSWERED,
    arrange: async (world, shop) => {
      await expiring(world, shop);
      await world.database.query(`ALTER TABLE expand_contract."TokenEvent" RENAME TO "TokenEventAway"`);
    },
    restore: async (world) =>
      void (await world.database.query(`ALTER TABLE expand_contract."TokenEventAway" RENAME TO "TokenEvent"`)),
  },
  {
    name: "not-found",
    path: "/app/no/such/page",
    shows: "This page doesn’t exist",
    expected: ANSWERED,
    arrange: expiring,
  },
  {
    name: "outside-refused",
    path: "/auth/login?shop=my%20store",
    outside: true,
    shows: "Enter an address like my-store.myshopify.com",
    expected: ANSWERED,
  },
  { name: "outside", path: "/", outside: true, shows: "A connection to Shopify that renews itself" },
  {
    name: "outside-not-found",
    path: "/no-such-page",
    outside: true,
    shows: "This page doesn’t exist",
    expected: ANSWERED,
  },
];

/** From now on Shopify takes no ID token of this shop. */
export async function refuseIdTokens({ sandbox }: AppWorld, shop: string): Promise<void> {
  await sandbox.client.faults.add({
    shop,
    endpoint: "token",
    grant: "id_token",
    effect: {
      kind: "status",
      status: 400,
      body: { text: JSON.stringify({ error: "invalid_subject_token" }), contentType: "application/json" },
    },
  });
}

/** Once Shopify is being asked for a page, the token in use is refused for good: by a webhook's refresh, as far as this shop can tell. */
async function markWhileAsked({ sandbox, database }: AppWorld, shop: string): Promise<void> {
  while ((await sandbox.client.ledger.calls({ shop, endpoint: "graphql" })).length === 0) await wait(20);
  await database.query(
    `UPDATE expand_contract."ShopToken" t SET "needsReauthAt" = now(), "needsReauthWhy" = 'refresh_token_refused',
       "needsReauthToken" = left(encode(sha256(convert_to(s."refreshToken", 'UTF8')), 'hex'), 32)
     FROM "Session" s WHERE s."shop" = $1 AND t."shop" = $1`,
    [shop],
  );
}
