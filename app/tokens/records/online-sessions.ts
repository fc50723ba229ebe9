import sql from "sql-template-tag";
import { Session } from "@shopify/shopify-api";
import type { SessionLayout } from "../../infra/database/session-layout.ts";
import type { TokenContext } from "../context.ts";
import { UnreadableTokenError } from "../errors.ts";
import { explainSealError, requireTokenKeys } from "../sealing/key-problem.ts";
import { date } from "./read-life.ts";

/** How many sessions of a shop are listed: what Shopify's Prisma storage gives. */
const LISTED = 25;

interface OnlineRow {
  id: string;
  shop: string;
  state: string;
  isOnline: boolean;
  scope: string | null;
  accessToken: string | null;
  expiresMs: number | null;
  /** By the library's names, null where nothing is stored; null for a session that is not online. */
  user: Record<string, unknown> | null;
}

const columns = (layout: SessionLayout): string => `"id", "shop", "state", "isOnline", "scope", "accessToken",
  ${layout.msOf('"expires"')} AS "expiresMs",
  CASE WHEN "isOnline" THEN json_build_object('id', "userId"::text, 'first_name', "firstName", 'last_name', "lastName", 'email', "email",
    'account_owner', "accountOwner", 'locale', "locale", 'collaborator', "collaborator", 'email_verified', "emailVerified") END AS "user"`;

/** A session of a member of staff, as stored. Nothing renews one: a new ID token brings the next. */
export async function readOnlineSession(ctx: TokenContext, id: string): Promise<Session | undefined> {
  const [row] = await ctx.db.query<OnlineRow[]>({
    text: `SELECT ${columns(ctx.sessions)} FROM "Session" WHERE "id" = $1`,
    values: [id],
  });
  return row && openSession(ctx, row);
}

/** The online sessions of a shop, the latest first. */
export async function listOnlineSessions(ctx: TokenContext, shop: string): Promise<Session[]> {
  const rows = await ctx.db.query<OnlineRow[]>({
    text: `SELECT ${columns(ctx.sessions)} FROM "Session" WHERE "shop" = $1 AND "isOnline" ORDER BY "expires" DESC NULLS FIRST LIMIT ${LISTED}`,
    values: [shop],
  });
  const sessions = await Promise.all(rows.map((row) => openSession(ctx, row)));
  return sessions.filter((session) => session !== undefined);
}

/**
 * A session that does not open because it belongs to another row counts as missing: the library gets another one.
 * @throws UnreadableTokenError, StorageUnfitError where its key is missing or wrong: it is not replaced.
 */
async function openSession(ctx: TokenContext, row: OnlineRow): Promise<Session | undefined> {
  try {
    return toSession({ ...row, accessToken: ctx.vault.open(row).accessToken ?? null });
  } catch (error) {
    const said = await explainSealError(ctx, row.shop, row.id, error);
    if (said instanceof UnreadableTokenError && said.reason === "not_for_this_row") return undefined;
    throw said;
  }
}

/** Stores a session of a member of staff: the last writer wins. */
export async function storeOnlineSession(ctx: TokenContext, session: Session): Promise<void> {
  await requireTokenKeys(ctx, session.shop);
  const { accessToken } = ctx.vault.close(session);
  const user = session.onlineAccessInfo?.associated_user;
  await ctx.db.execute(sql`
    INSERT INTO "Session" ("id", "shop", "state", "isOnline", "scope", "accessToken", "expires", "userId", "firstName", "lastName",
      "email", "accountOwner", "locale", "collaborator", "emailVerified", "refreshToken", "refreshTokenExpires")
    VALUES (${session.id}, ${session.shop}, ${session.state ?? ""}, ${session.isOnline}, ${session.scope ?? null}, ${accessToken ?? ""},
      ${ctx.sessions.stored("expires", sql`${session.expires?.toISOString() ?? null}::timestamptz`)}, ${user?.id === undefined ? null : String(user.id)}::bigint,
      ${user?.first_name ?? null}, ${user?.last_name ?? null}, ${user?.email ?? null}, ${user?.account_owner ?? false},
      ${user?.locale ?? null}, ${user?.collaborator ?? false}, ${user?.email_verified ?? false}, NULL, NULL)
    ON CONFLICT ("id") DO UPDATE SET "shop" = EXCLUDED."shop", "state" = EXCLUDED."state", "isOnline" = EXCLUDED."isOnline",
      "scope" = EXCLUDED."scope", "accessToken" = EXCLUDED."accessToken", "expires" = EXCLUDED."expires", "userId" = EXCLUDED."userId",
      "firstName" = EXCLUDED."firstName", "lastName" = EXCLUDED."lastName", "email" = EXCLUDED."email",
      "accountOwner" = EXCLUDED."accountOwner", "locale" = EXCLUDED."locale", "collaborator" = EXCLUDED."collaborator",
      "emailVerified" = EXCLUDED."emailVerified", "refreshToken" = NULL, "refreshTokenExpires" = NULL`);
}

/** Deletes sessions of staff. Rows of offline sessions are passed over, whatever their id. */
export async function deleteOnlineSessions({ db }: Pick<TokenContext, "db">, ids: readonly string[]): Promise<void> {
  await db.execute(sql`
    DELETE FROM "Session" WHERE "id" IN (SELECT jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb)) AND "id" NOT LIKE 'offline\\_%'`);
}

function toSession({ scope, accessToken, expiresMs, user, ...row }: OnlineRow): Session {
  return new Session({
    ...row,
    scope: scope || undefined,
    accessToken: accessToken || undefined,
    expires: date(expiresMs),
    onlineAccessInfo: user ? ({ associated_user: withDefaults(user) } as Session["onlineAccessInfo"]) : undefined,
  });
}

const withDefaults = (user: Record<string, unknown>) => ({
  ...user,
  id: Number(user.id),
  account_owner: user.account_owner ?? false,
  collaborator: user.collaborator ?? false,
  email_verified: user.email_verified ?? false,
});
