import type { Page } from "playwright-core";
import { seedPermanentShops } from "../integration/cli-harness.ts";
import type { AppWorld } from "./app-world.ts";

/** One state of the operator's console: how it comes about, and what its page says. They build on each other, in this order. */
export interface OperatorState {
  name: string;
  path: string | ((world: AppWorld) => Promise<string>);
  shows: string | RegExp;
  arrange?(world: AppWorld): Promise<void>;
  restore?(world: AppWorld): Promise<void>;
  /** What is done on the page before it is looked at. */
  act?(page: Page): Promise<void>;
  signedOut?: boolean;
  /** Console messages that belong to the state: the browser reports each answer of 4xx and 5xx. */
  expected?: RegExp;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ANSWERED = /^Failed to load resource: the server responded with a status of/;

/** Shops in every state, and a migration that began three weeks ago. Their tokens open nothing, but for those of `to-migrate`. */
export async function seedConsole({ database, sandbox }: AppWorld): Promise<void> {
  const { query } = database;
  await seedPermanentShops(sandbox, database, "to-migrate", 160);
  await query(
    `INSERT INTO "Session" (id, shop, state, scope, "accessToken", "refreshToken", expires, "refreshTokenExpires")
     SELECT 'offline_' || s, s, '', 'read_products,write_orders', 'not-a-token-' || n, 'no-refresh-token-' || n, now() + interval '40 minutes',
       now() + interval '90 days' - (n % 20) * interval '1 day' - n * interval '1 minute'
     FROM (SELECT n, 'harbour-' || n || '.myshopify.com' AS s FROM generate_series(1, 1240) n) rows`,
  );
  await query(
    `INSERT INTO expand_contract."ShopToken" (shop, generation, "acquiredAt", "migratedAt", "refreshedAt")
     SELECT 'harbour-' || n || '.myshopify.com', 4, NULL, now() - (power(n / 1240.0, 1.6) * 21) * interval '1 day', now() - interval '20 minutes'
     FROM generate_series(1, 1240) n`,
  );
  await query(
    `UPDATE "Session" SET "refreshTokenExpires" = now() + interval '11 days' WHERE shop IN ('harbour-7.myshopify.com', 'harbour-9.myshopify.com')`,
  );
  const marked: [shop: string, why: string, column: "suspended" | "needsReauth"][] = [
    ["alder-and-ash", "frozen", "suspended"],
    ["copper-kettle", "frozen", "suspended"],
    ["north-pier", "closed", "suspended"],
    ["old-mill", "permanent_token_spent", "needsReauth"],
  ];
  for (const [name, why, column] of marked) {
    const shop = `${name}.myshopify.com`;
    const isThere = why === "frozen";
    const { accessToken } = isThere
      ? await sandbox.client.installShop(shop, { token: "permanent" })
      : { accessToken: `kept-${shop}` };
    if (isThere) await sandbox.client.freeze(shop);
    await query(
      `INSERT INTO "Session" (id, shop, state, scope, "accessToken") VALUES ('offline_' || $1, $1, '', 'read_products', $2)`,
      [shop, accessToken],
    );
    await query(
      column === "suspended"
        ? `INSERT INTO expand_contract."ShopToken" (shop, "suspendedAt", "suspendedWhy") VALUES ($1, now() - interval '3 days', $2)`
        : `INSERT INTO expand_contract."ShopToken" (shop, "needsReauthAt", "needsReauthWhy", "needsReauthToken")
           VALUES ($1, now() - interval '3 days', $2, left(encode(sha256(convert_to('kept-' || $1, 'UTF8')), 'hex'), 32))`,
      [shop, why],
    );
  }
  await query(
    `INSERT INTO expand_contract."ShopToken" (shop, generation, "uninstalledAt") VALUES ('red-barn.myshopify.com', 3, now() - interval '2 days')`,
  );
  await query(
    `INSERT INTO expand_contract."ParkedJob" (shop, job, reason, code, generation, "retryAt") VALUES
       ('old-mill.myshopify.com', 'refresh-shop', 'needs_reauthorization', 'permanent_token_spent', 0, NULL),
       ('alder-and-ash.myshopify.com', 'keep-alive', 'suspended', 'frozen', 0, now() + interval '4 hours')`,
  );
  await event("harbour-7.myshopify.com", 20, "migrated");
  await event("harbour-7.myshopify.com", 12, "suspended", "frozen");
  await event("harbour-7.myshopify.com", 9, "resumed");
  await event("old-mill.myshopify.com", 3, "needs_reauth", "permanent_token_spent");
  await query(
    `INSERT INTO expand_contract."TokenEvent" (shop, at, kind, count, since)
     VALUES ('harbour-7.myshopify.com', now() - interval '20 minutes', 'refreshed', 206, now() - interval '9 days')`,
  );

  async function event(shop: string, daysAgo: number, kind: string, code: string | null = null): Promise<void> {
    await query(`INSERT INTO expand_contract."TokenEvent" (shop, at, kind, code) VALUES ($1, $2, $3, $4)`, [
      shop,
      new Date(Date.now() - daysAgo * DAY_MS),
      kind,
      code,
    ]);
  }
}

const latest =
  (dryRun: boolean, rest = "") =>
  async ({ database }: AppWorld) => {
    const [run] = await database.query<{ id: string }>(
      `SELECT id FROM expand_contract."MigrationRun" WHERE "dryRun" = $1 ORDER BY "startedAt" DESC LIMIT 1`,
      [dryRun],
    );
    return `/admin/runs/${run?.id ?? "none"}${rest}`;
  };

const deadLetters = async ({ database }: AppWorld) =>
  void (await database.query(
    `INSERT INTO expand_contract_jobs.job (name, data, state, source_name, source_created_on, source_retry_count, source_output)
     VALUES ('dead-letters', '{"shop": "north-pier.myshopify.com"}', 'created', 'refresh-shop', now() - interval '5 hours', 5,
       '{"code": "graphql_errors", "message": "The Admin API answered with errors of GraphQL"}')`,
  ));

const start = async (page: Page) => {
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Start the migration" }).click();
};

/** Every state of the console. Tests walk through them, and `npm run screenshots` takes their pictures. */
export const OPERATOR_STATES: OperatorState[] = [
  { name: "sign-in", path: "/admin/login", shows: "Operator’s secret", signedOut: true },
  {
    name: "sign-in-refused",
    path: "/admin/login",
    shows: "That is not the secret",
    signedOut: true,
    expected: ANSWERED,
    act: async (page) => {
      await page.getByLabel("Operator’s secret").fill("not this one");
      await page.getByRole("button", { name: "Sign in" }).click();
    },
  },
  { name: "rollout", path: "/admin", shows: "160 permanent tokens left to migrate" },
  { name: "no-runs", path: "/admin/runs", shows: "No run yet" },
  { name: "rehearse", path: "/admin/runs/new", shows: "It does not call Shopify and changes nothing" },
  {
    name: "rehearse-refused",
    path: "/admin/runs/new",
    shows: `It must be rising percentages above 0% and up to 100%, such as "1%,10%,100%"; "5%" is not.`,
    expected: ANSWERED,
    act: async (page) => {
      await page.getByLabel("Waves", { exact: true }).fill("10%,5%");
      await page.getByRole("button", { name: "Rehearse" }).click();
    },
  },
  {
    name: "rehearsal",
    path: "/admin/runs/new",
    shows: /^16\d stores would be tried/,
    act: async (page) => {
      await page.getByLabel("Waves", { exact: true }).fill("10%,50%,100%");
      await page.getByLabel("Between waves").fill("2");
      await page.getByLabel("Calls at once").fill("2");
      await page.getByRole("button", { name: "Rehearse" }).click();
    },
  },
  { name: "confirm-start", path: latest(true, "/start"), shows: "This cannot be undone" },
  {
    name: "run-at-work",
    path: latest(true, "/start"),
    shows: "Time left",
    arrange: async ({ sandbox }) => {
      await sandbox.client.uninstall("to-migrate-3.myshopify.com", { webhook: false });
      await sandbox.client.freeze("to-migrate-4.myshopify.com");
      await sandbox.client.faults.add({
        shop: "to-migrate-*",
        endpoint: "token",
        effect: { kind: "latency", beforeMs: 150 },
      });
    },
    act: async (page) => {
      await start(page);
      await page.getByText(/[1-9]\d migrated/).waitFor();
    },
  },
  { name: "rollout-at-work", path: "/admin", shows: "A migration is at work" },
  { name: "confirm-stop", path: latest(false, "/stop"), shows: "Stop the run?" },
  {
    name: "run-stopped",
    path: latest(false, "/stop"),
    shows: "Stopped",
    act: async (page) => {
      await page.getByRole("button", { name: "Stop the run" }).click();
      await page.getByText("Ended", { exact: true }).waitFor();
    },
    restore: ({ sandbox }) => sandbox.client.faults.clear(),
  },
  {
    name: "run-completed",
    path: latest(true, "/start"),
    shows: "Stores that were not migrated",
    act: async (page) => {
      await start(page);
      await page.getByText("Ended", { exact: true }).waitFor();
    },
  },
  { name: "runs", path: "/admin/runs", shows: "Completed" },
  { name: "shops", path: "/admin/shops", shows: "alder-and-ash.myshopify.com" },
  { name: "shops-paused", path: "/admin/shops?state=paused", shows: "north-pier.myshopify.com" },
  { name: "shops-none", path: "/admin/shops?search=no-such-shop", shows: "No store fits" },
  { name: "shops-refused", path: "/admin/shops?search=%3F%3F", shows: "That cannot be looked for", expected: ANSWERED },
  { name: "shop-works", path: "/admin/shops/harbour-7.myshopify.com", shows: "Refreshed 206 times" },
  {
    name: "shop-needs-merchant",
    path: "/admin/shops/old-mill.myshopify.com",
    shows: "Shopify does not know this token any more",
  },
  { name: "shop-paused", path: "/admin/shops/alder-and-ash.myshopify.com", shows: "Try the migration again" },
  {
    name: "shop-confirm-migrate",
    path: "/admin/shops/alder-and-ash.myshopify.com/migrate",
    shows: "This cannot be undone",
  },
  {
    name: "shop-unknown",
    path: "/admin/shops/no-such-shop.myshopify.com",
    shows: "Nothing is stored of such a shop",
    expected: ANSWERED,
  },
  { name: "jobs", path: "/admin/jobs", shows: "The Admin API answered with errors", arrange: deadLetters },
  { name: "rollout-migrated", path: "/admin", shows: "Every token that can be migrated is migrated" },
  {
    name: "database-away",
    path: "/admin",
    shows: "The database does not answer",
    expected: ANSWERED,
    arrange: async ({ severable }) => severable.stall(),
    restore: async ({ severable }) => severable.mend(),
  },
  {
    name: "rollout-contract",
    path: "/admin",
    shows: "Every token is migrated; one step is left",
    arrange: (world) => world.restart("contract"),
  },
];
