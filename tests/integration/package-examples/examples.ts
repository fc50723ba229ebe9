/** Shopify's libraries as they go together; `EXAMPLES_PEERS=12.3` runs all of this with older ones (docs/adopting.md has the matrix). */
const PEERS: Record<string, Record<string, string>> = {
  "12.3": peers("~12.3.0", "4.1.1", "1.1.1", "6.0.5"),
  "13": peers("^13.1.0", "4.2.1", "1.2.1", "7.0.1"),
  "14": peers("^14.0.1", "5.0.1", "2.1.0", "8.0.1"),
};

function peers(api: string, remix: string, reactRouter: string, express: string): Record<string, string> {
  return {
    "@shopify/shopify-api": api,
    "@shopify/shopify-app-remix": remix,
    "@shopify/shopify-app-react-router": reactRouter,
    "@shopify/shopify-app-express": express,
  };
}

const row = process.env.EXAMPLES_PEERS;
/** Versions of Shopify's libraries that replace the examples' own. Absent unless asked for. */
export const olderPeers = row ? PEERS[row]! : undefined;

/** As each storage makes its table. */
const PRISMA_TABLE = `CREATE TABLE "Session" ("id" text PRIMARY KEY, "shop" text NOT NULL, "state" text NOT NULL, "isOnline" boolean NOT NULL DEFAULT false,
  "scope" text, "expires" timestamp(3), "accessToken" text NOT NULL, "userId" bigint, "firstName" text, "lastName" text, "email" text,
  "accountOwner" boolean NOT NULL DEFAULT false, "locale" text, "collaborator" boolean DEFAULT false, "emailVerified" boolean DEFAULT false)`;
const POSTGRESQL_TABLE = `CREATE TABLE "shopify_sessions" ("id" varchar(255) NOT NULL PRIMARY KEY, "shop" varchar(255) NOT NULL, "state" varchar(255) NOT NULL,
  "isOnline" boolean NOT NULL, "scope" varchar(255), "expires" integer, "accessToken" varchar(255), "refreshToken" varchar(255),
  "refreshTokenExpires" bigint, "userId" bigint, "firstName" varchar(255), "lastName" varchar(255), "email" varchar(255), "accountOwner" boolean,
  "locale" varchar(255), "collaborator" boolean, "emailVerified" boolean)`;

/** Where an app keeps its sessions. */
export interface SessionTable {
  table: "Session" | "shopify_sessions";
  create: string;
  /** What makes a stored pair's access token an hour old. */
  expire: string;
}

export interface Example extends SessionTable {
  name: string;
  page: string;
  webhooks: (topic: string) => string;
}

export const PRISMA_SESSIONS: SessionTable = {
  table: "Session",
  create: PRISMA_TABLE,
  expire: `now() AT TIME ZONE 'UTC' - interval '1 hour'`,
};
const TEMPLATE = { ...PRISMA_SESSIONS, page: "/app", webhooks: (topic: string) => `/webhooks/${topic}` };

export const EXAMPLES: Example[] = [
  { ...TEMPLATE, name: "remix-prisma" },
  { ...TEMPLATE, name: "react-router-prisma" },
  {
    name: "express-postgresql",
    table: "shopify_sessions",
    create: POSTGRESQL_TABLE,
    expire: `EXTRACT(EPOCH FROM now())::integer - 3600`,
    page: "/api/shop",
    webhooks: () => "/api/webhooks",
  },
];
