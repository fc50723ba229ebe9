import sql from "sql-template-tag";
import type { Session } from "@shopify/shopify-api";
import type { Queryable } from "../../infra/database/database.ts";
import type { TokenContext } from "../context.ts";
import { fingerprintOf } from "../sealing/sealed-value.ts";
import type { HowStored } from "../types.ts";

/** Which row a pair is written to, and what must still hold for it. */
export interface StoreTarget {
  shop: string;
  /** Of the row of `Session`. */
  id: string;
  /** Of the lease. */
  owner: string;
  /** As it was read with the lease. */
  generation: number;
}

/**
 * The one statement that stores a pair, everything or nothing: only while the lease is still the owner's and the generation is the one
 * it read. It raises the generation, gives the lease back, lifts the shop's marks and adds to the history. Should a trigger or rule
 * keep `Session` from being written, it fails: the history's kind is NULL then.
 * Tokens are sealed here, where there are keys.
 * @param clientSecret fingerprint of the client secret that made the pair. After a lost answer a refresh may bring the pair that an
 * earlier secret made, and none is put on record; a migration is repeated by its own secret alone.
 * @returns false when another holder wrote meanwhile.
 */
export async function writePair(
  ctx: Pick<TokenContext, "now" | "sessions" | "vault">,
  db: Queryable,
  { shop, id, owner, generation }: StoreTarget,
  session: Session,
  how: HowStored,
  clientSecret: string | undefined,
): Promise<boolean> {
  const at = new Date(ctx.now()).toISOString();
  const { accessToken, refreshToken } = ctx.vault.close({ ...session, id });
  const kind = session.refreshToken ? how : `${how}_permanent`;
  const written = await db.query<{ generation: number }[]>(sql`
    WITH won AS (
      UPDATE expand_contract."ShopToken" SET
        "generation" = "generation" + 1,
        "leaseOwner" = NULL, "leaseExpiresAt" = NULL,
        "needsReauthAt" = NULL, "needsReauthWhy" = NULL, "needsReauthToken" = NULL,
        "notExchangeableAt" = NULL, "notExchangeableToken" = NULL,
        "suspendedAt" = NULL, "suspendedWhy" = NULL,
        "uninstalledAt" = NULL,
        "clientSecret" = CASE WHEN "answerLostAt" IS NULL OR ${how}::text = 'migrated' THEN ${clientSecret ?? null}::text END,
        "clientSecretToken" = ${credentialFingerprint(session)}::text,
        "answerLostAt" = NULL, "reconcileAt" = NULL, "reconcileTries" = 0,
        "acquiredAt"  = CASE WHEN ${how}::text = 'acquired'  THEN ${at}::timestamptz ELSE "acquiredAt"  END,
        "migratedAt"  = CASE WHEN ${how}::text = 'migrated'  THEN ${at}::timestamptz ELSE "migratedAt"  END,
        "refreshedAt" = CASE WHEN ${how}::text = 'refreshed' THEN ${at}::timestamptz ELSE "refreshedAt" END
      WHERE "shop" = ${shop} AND "leaseOwner" = ${owner} AND "generation" = ${generation}
      RETURNING "generation"
    ), stored AS (
      INSERT INTO "Session" AS s
        ("id", "shop", "state", "isOnline", "scope", "accessToken", "expires", "refreshToken", "refreshTokenExpires")
      SELECT ${id}, ${shop}, ${session.state ?? ""}, false, ${session.scope ?? null}::text, ${accessToken},
        ${ctx.sessions.stored("expires", sql`${iso(session.expires)}::timestamptz`)},
        ${refreshToken ?? null}::text,
        ${ctx.sessions.stored("refreshTokenExpires", sql`${iso(session.refreshTokenExpires)}::timestamptz`)}
      FROM won
      ON CONFLICT ("id") DO UPDATE SET
        "state" = EXCLUDED."state",
        "scope" = COALESCE(EXCLUDED."scope", s."scope"),
        "accessToken" = EXCLUDED."accessToken",
        "expires" = EXCLUDED."expires",
        "refreshToken" = EXCLUDED."refreshToken",
        "refreshTokenExpires" = EXCLUDED."refreshTokenExpires"
      RETURNING s."id"
    ), counted AS (
      UPDATE expand_contract."TokenEvent" e SET "at" = ${at}::timestamptz, "since" = COALESCE(e."since", e."at"), "count" = e."count" + 1,
        "generation" = won."generation", "kind" = CASE WHEN EXISTS (SELECT FROM stored) THEN ${kind}::text END
      FROM won
      WHERE ${kind}::text = 'refreshed' AND e."kind" = 'refreshed'
        AND e."id" = (SELECT "id" FROM expand_contract."TokenEvent" WHERE "shop" = ${shop} ORDER BY "id" DESC LIMIT 1)
      RETURNING e."id"
    ), noted AS (
      INSERT INTO expand_contract."TokenEvent" ("shop", "at", "kind", "generation")
      SELECT ${shop}, ${at}::timestamptz, CASE WHEN EXISTS (SELECT FROM stored) THEN ${kind}::text END, "generation"
      FROM won WHERE NOT EXISTS (SELECT FROM counted)
    )
    SELECT "generation" FROM won`);
  return written.length > 0;
}

/** As `tokenFingerprint` says it of the row that is written here. */
function credentialFingerprint({ accessToken = "", refreshToken }: Session): string {
  return fingerprintOf(refreshToken || accessToken);
}

/** Years of five digits are another notation, which Postgres does not read. */
const LATEST_MS = Date.UTC(9999, 11, 31);

function iso(date: Date | undefined): string | null {
  return date ? new Date(Math.min(date.getTime(), LATEST_MS)).toISOString() : null;
}
