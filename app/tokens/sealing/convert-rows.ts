import { setTimeout as sleep } from "node:timers/promises";
import type { TokenContext } from "../context.ts";
import { explainSealError, hasValuesOf, requireTokenKeys } from "./key-problem.ts";
import { SEALED_PREFIX } from "./sealed-value.ts";
import type { Converted } from "./types.ts";
import type { RowTokens } from "./vault.ts";

const PAGE = 200;
/** Between two pages: about 2,000 rows a second, which leaves most of a core and of the database to others. */
const PAUSE_MS = 50;

const isSealed = (column: string) => `starts_with("${column}", $1)`;
const isToken = (column: string) => `coalesce("${column}", '') <> ''`;

const pageOf = (isToConvert: (column: string) => string) => `
  SELECT "id", "accessToken", "refreshToken" FROM "Session"
  WHERE "id" > $2 AND (${isToConvert("accessToken")} OR ${isToConvert("refreshToken")}) ORDER BY "id" LIMIT ${PAGE}`;
const NOT_YET_SEALED = pageOf((column) => `(${isToken(column)} AND NOT ${isSealed(column)})`);
const STILL_SEALED = pageOf(isSealed);

/** By the stored text: what was written meanwhile is as it should be, and is left alone. */
const REPLACE = `
  UPDATE "Session" s SET "accessToken" = v."newAccess", "refreshToken" = v."newRefresh"
  FROM jsonb_to_recordset($1::jsonb) AS v("id" text, "access" text, "refresh" text, "newAccess" text, "newRefresh" text)
  WHERE s."id" = v."id" AND s."accessToken" IS NOT DISTINCT FROM v."access" AND s."refreshToken" IS NOT DISTINCT FROM v."refresh"`;

type StoredRow = RowTokens & { shop?: string; accessToken: string; refreshToken: string | null };

/**
 * Brings every row into the form in which new tokens are stored: sealed with the first key, or in plain where the keys only open. What is
 * done is not done twice. Takes no lease; no token changes, only how it is written.
 * @throws StorageUnfitError when the keys are not the right ones; errors of the database.
 */
export async function convertRows(
  ctx: TokenContext,
  { signal, pauseMs = PAUSE_MS }: { signal?: AbortSignal; pauseMs?: number } = {},
): Promise<Converted> {
  const { keys, sealsWith } = ctx.vault;
  const done: Converted = { rows: 0, unreadable: 0, isComplete: false };
  await requireTokenKeys(ctx, "");
  if (keys.length === 0) return { ...done, isComplete: true };
  const prefix = sealsWith ? `${SEALED_PREFIX}${sealsWith.id}:` : SEALED_PREFIX;
  for (let after = ""; !signal?.aborted;) {
    const page = await ctx.db.query<StoredRow[]>({
      text: sealsWith ? NOT_YET_SEALED : STILL_SEALED,
      values: [prefix, after],
    });
    const values = (await Promise.all(page.map((row) => converted(ctx, row)))).filter((value) => value !== undefined);
    done.unreadable += page.length - values.length;
    if (values.length > 0) done.rows += await ctx.db.execute({ text: REPLACE, values: [JSON.stringify(values)] });
    if (page.length < PAGE) {
      done.isComplete = true;
      if (done.unreadable === 0) await forgetUnusedKeys(ctx);
      break;
    }
    after = page.at(-1)!.id;
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
  return done;
}

async function converted(ctx: TokenContext, row: StoredRow) {
  try {
    const { accessToken, refreshToken } = ctx.vault.close(ctx.vault.open(row));
    return {
      id: row.id,
      access: row.accessToken,
      refresh: row.refreshToken,
      newAccess: accessToken,
      newRefresh: refreshToken,
    };
  } catch (error) {
    const said = await explainSealError(ctx, "", row.id, error);
    if (said === error) throw error;
    return undefined;
  }
}

/** A key that seals nothing any more needs no canary: it may be taken out of the environment. */
async function forgetUnusedKeys(ctx: TokenContext): Promise<void> {
  const found = await ctx.db.query<{ id: string }[]>({
    text: `SELECT "id" FROM expand_contract."TokenKey"`,
    values: [],
  });
  for (const { id } of found) {
    if (id === ctx.vault.sealsWith?.id || (await hasValuesOf(ctx, id))) continue;
    await ctx.db.execute({ text: `DELETE FROM expand_contract."TokenKey" WHERE "id" = $1`, values: [id] });
    ctx.log.info(
      { key: id },
      "no token is sealed with this key any more: it may be taken out of TOKEN_ENCRYPTION_KEYS",
    );
  }
}
