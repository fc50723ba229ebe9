import { OWN_SCHEMA, type Step } from "./own-schema.ts";
import { ownTables } from "./own-tables.ts";

/** A step that is plain SQL. */
function sql(name: string, ...statements: string[]): Step {
  return { name, plan: async () => [`SET LOCAL search_path TO ${OWN_SCHEMA}`, ...statements] };
}

/** In this order, each once. A step that has been released is never changed: write another. */
export const STEPS: readonly Step[] = [
  ownTables,
  // Leases that were not released: the record of a call to Shopify whose outcome is unknown. Few rows hold a lease at any time.
  sql(
    "0002-lease-index",
    `CREATE INDEX IF NOT EXISTS "ShopToken_lease_idx" ON "ShopToken" ("leaseExpiresAt") WHERE "leaseOwner" IS NOT NULL`,
  ),
  // A mark names the credential that it is about: one that is stored later, by any release, is tried. And pairs that Shopify issued and
  // `Session` would not take, sealed: needs no right but insert to be written, and depends on no table.
  sql(
    "0003-token-marks",
    `ALTER TABLE "ShopToken" ADD COLUMN IF NOT EXISTS "needsReauthToken" text,
       ADD COLUMN IF NOT EXISTS "notExchangeableAt" timestamptz(3), ADD COLUMN IF NOT EXISTS "notExchangeableToken" text`,
    `CREATE TABLE IF NOT EXISTS "UnstoredPair" (
       "id" text PRIMARY KEY,
       "shop" text NOT NULL,
       "at" timestamptz(3) NOT NULL DEFAULT now(),
       "sealed" text NOT NULL)`,
    `CREATE INDEX IF NOT EXISTS "UnstoredPair_shop_idx" ON "UnstoredPair" ("shop")`,
  ),
  // How a run that stops itself ends, once the calls in flight have (halted or failed), and when its next wave begins. When contract was
  // reached (one row), and which permanent tokens were there then, by row and fingerprint of the token.
  sql(
    "0004-runs",
    `ALTER TABLE "MigrationRun" ADD COLUMN IF NOT EXISTS "endsAs" text, ADD COLUMN IF NOT EXISTS "waveBeginsAt" timestamptz(3)`,
    `CREATE TABLE IF NOT EXISTS "ContractStart" (
       "id" integer PRIMARY KEY DEFAULT 1,
       "at" timestamptz(3) NOT NULL DEFAULT now())`,
    `CREATE TABLE IF NOT EXISTS "ContractLeftover" (
       "sessionId" text PRIMARY KEY,
       "fingerprint" text NOT NULL)`,
  ),
  // A lost answer outlives the hold of the lease in which it was lost. How often a shop was asked about, and how new its stored scopes
  // are, is written down. The hourly refreshes between two other events are one row.
  sql(
    "0005-lost-answers",
    `ALTER TABLE "ShopToken" ADD COLUMN IF NOT EXISTS "answerLostAt" timestamptz(3),
       ADD COLUMN IF NOT EXISTS "reconcileAt" timestamptz(3),
       ADD COLUMN IF NOT EXISTS "reconcileTries" integer NOT NULL DEFAULT 0,
       ADD COLUMN IF NOT EXISTS "scopesAt" timestamptz(3)`,
    `CREATE INDEX IF NOT EXISTS "ShopToken_answerLostAt_idx" ON "ShopToken" ("answerLostAt") WHERE "answerLostAt" IS NOT NULL`,
    `ALTER TABLE "TokenEvent" ADD COLUMN IF NOT EXISTS "count" integer NOT NULL DEFAULT 1, ADD COLUMN IF NOT EXISTS "since" timestamptz(3)`,
    `CREATE INDEX IF NOT EXISTS "MigrationOutcome_shop_idx" ON "MigrationOutcome" ("shop")`,
  ),
  // The console's list of shops that have uninstalled the app, the latest first.
  sql(
    "0014-console",
    `CREATE INDEX IF NOT EXISTS "ShopToken_uninstalledAt_idx" ON "ShopToken" ("uninstalledAt") WHERE "uninstalledAt" IS NOT NULL`,
  ),
  // What the watch saw last, and since when; of an alert also which of its steps was reported (app/watch).
  sql(
    "0015-watch",
    `CREATE TABLE IF NOT EXISTS "WatchState" (
       "name" text PRIMARY KEY,
       "value" text NOT NULL,
       "since" timestamptz(3) NOT NULL DEFAULT now(),
       "reported" text)`,
  ),
  // One sealed canary for each key that ever sealed a token here: a process with another key notices before it reads or writes one.
  sql(
    "0016-token-keys",
    `CREATE TABLE IF NOT EXISTS "TokenKey" (
       "id" text PRIMARY KEY,
       "canary" text NOT NULL,
       "at" timestamptz(3) NOT NULL DEFAULT now())`,
  ),
  // How many runs in a row have given a shop up because its token endpoint did not serve it, and for which credential.
  sql(
    "0017-given-up",
    `ALTER TABLE "ShopToken" ADD COLUMN IF NOT EXISTS "givenUpRuns" integer NOT NULL DEFAULT 0, ADD COLUMN IF NOT EXISTS "givenUpToken" text`,
  ),
  // Which client secret made a shop's chain, by fingerprint, and which credential that is about: a chain stays pinned to it until it is refreshed.
  sql(
    "0018-client-secret",
    `ALTER TABLE "ShopToken" ADD COLUMN IF NOT EXISTS "clientSecret" text, ADD COLUMN IF NOT EXISTS "clientSecretToken" text`,
  ),
];

/** Repeated word for word by the queries that use the indexes: what cannot be refreshed. */
const UNREFRESHABLE = `WHERE NOT "isOnline" AND "accessToken" <> '' AND coalesce("refreshToken", '') = ''`;

/** The indexes that `Session` needs; `on` is what stands after the table's name in CREATE INDEX. */
export const SESSION_INDEXES: readonly { name: string; on: string }[] = [
  { name: "Session_shop_idx", on: `("shop")` },
  // "Which sessions are permanent", in the order in which a migration takes them up.
  { name: "Session_unrefreshable_idx", on: `("id") ${UNREFRESHABLE}` },
  // The same by the one form in which names of shops are compared.
  { name: "Session_unrefreshable_shop_idx", on: `(lower("shop")) ${UNREFRESHABLE}` },
  // "Which refresh tokens end first", for the keep-alive and the health report.
  {
    name: "Session_refreshTokenExpires_idx",
    on: `("refreshTokenExpires") WHERE NOT "isOnline" AND "refreshToken" IS NOT NULL`,
  },
  // The console's list of shops, and its search by the beginning of a name, whatever the database's collation is.
  { name: "Session_offline_shop_idx", on: `((lower("shop") COLLATE "C"), "id") WHERE NOT "isOnline"` },
];

/** Indexes of earlier versions that nothing uses any more. */
export const SUPERSEDED_INDEXES: readonly string[] = ["Session_permanent_idx"];
