import type { TokenContext } from "../context.ts";
import { type StorageProblem, StorageUnfitError, UnreadableTokenError } from "../errors.ts";
import type { KeyProblem } from "./types.ts";
import { openValue, type Place, SEALED_PREFIX, SealError, sealValue } from "./sealed-value.ts";

const CANARY = "expand-contract";
/** For callers that want a recent answer. */
export const RECHECK_MS = 5_000;
const SAMPLES = 5;
const MOST_REMEMBERED = 100;

const SAMPLE = `SELECT "id", "accessToken" FROM "Session" WHERE starts_with("accessToken", $1) LIMIT ${SAMPLES}`;
const HAS_VALUES = `SELECT EXISTS (SELECT FROM "Session" WHERE starts_with("accessToken", $1) OR starts_with("refreshToken", $1)) AS "found"`;

/**
 * Compares the keys with the canaries in `TokenKey`, one for each key that ever sealed here, and leaves one for a new key. Opens no
 * token of a shop, unless a key has values and no canary.
 * @param options.maxAgeMs how old an answer without a problem may be; without limit unless told.
 * @throws errors of the database.
 */
export async function findKeyProblem(
  ctx: TokenContext,
  { maxAgeMs = Infinity }: { maxAgeMs?: number } = {},
): Promise<KeyProblem | undefined> {
  const { checked } = ctx.keyState;
  const ageMs = checked ? performance.now() - checked.at : Infinity;
  if (checked && ageMs < (checked.problem ? Math.min(maxAgeMs, RECHECK_MS) : maxAgeMs)) return checked.problem;
  const found = await compareKeys(ctx);
  const problem = found && withTableNamed(ctx, found);
  if (problem && problem.what !== checked?.problem?.what) {
    ctx.log.error({ problem: problem.what, remedy: problem.remedy }, "sealed tokens cannot be opened");
  }
  ctx.keyState.checked = { problem, at: performance.now() };
  return problem;
}

/** A problem with the table of sessions named as it is. */
export function withTableNamed<P extends StorageProblem>({ sessionTable }: TokenContext, problem: P): P {
  const named = (text: string) => text.replaceAll('"Session"', () => sessionTable);
  return { ...problem, what: named(problem.what), remedy: named(problem.remedy) };
}

/** @throws StorageUnfitError while nothing may be stored. */
export async function requireTokenKeys(ctx: TokenContext, shop: string): Promise<void> {
  const problem = await findKeyProblem(ctx);
  if (problem?.isBlocking) throw new StorageUnfitError(shop, problem);
}

async function compareKeys(ctx: TokenContext): Promise<KeyProblem | undefined> {
  const { keys, sealsWith } = ctx.vault;
  let canaries = await readCanaries(ctx);
  if (sealsWith && !canaries.some(({ id }) => id === sealsWith.id)) {
    if (!(await opensSample(ctx, sealsWith.id))) return wrong(sealsWith.id, true);
    const canary = sealValue(sealsWith, placeOf(sealsWith.id), CANARY);
    await ctx.db.execute({
      text: `INSERT INTO expand_contract."TokenKey" ("id", "canary") VALUES ($1, $2) ON CONFLICT DO NOTHING`,
      values: [sealsWith.id, canary],
    });
    canaries = await readCanaries(ctx);
  }
  const missing: string[] = [];
  for (const { id, canary } of canaries) {
    if (!keys.some((key) => key.id === id)) {
      if (await hasValuesOf(ctx, id)) missing.push(id);
    } else if (!opens(() => openValue(keys, placeOf(id), canary))) {
      return wrong(id, id === keys[0]?.id);
    }
  }
  return missing.length > 0 ? missingKeys(missing, keys.length === 0) : undefined;
}

async function readCanaries(ctx: TokenContext): Promise<{ id: string; canary: string }[]> {
  return ctx.db.query({ text: `SELECT "id", "canary" FROM expand_contract."TokenKey" ORDER BY "id"`, values: [] });
}

/** Whether a value of a key is stored anywhere. Reads the whole table when there is none. */
export async function hasValuesOf(ctx: TokenContext, keyId: string): Promise<boolean> {
  const [row] = await ctx.db.query<{ found: boolean }[]>({ text: HAS_VALUES, values: [`${SEALED_PREFIX}${keyId}:`] });
  return row?.found === true;
}

/** Tokens sealed under this id and no canary: the canary was lost, with a backup for instance. Then the tokens themselves tell. */
async function opensSample(ctx: TokenContext, keyId: string): Promise<boolean> {
  const rows = await ctx.db.query<{ id: string; accessToken: string }[]>({
    text: SAMPLE,
    values: [`${SEALED_PREFIX}${keyId}:`],
  });
  return rows.length === 0 || rows.some((row) => opens(() => ctx.vault.open(row)));
}

function opens(open: () => unknown): boolean {
  try {
    open();
    return true;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
}

const placeOf = (keyId: string): Place => ({ id: `key ${keyId}`, column: "accessToken" });

const LOST = 'If it is lost for good, the runbook ("Seal tokens") says what is left.';

function wrong(id: string, isBlocking: boolean): KeyProblem {
  return {
    kind: "token_key_wrong",
    keys: [id],
    isBlocking,
    what: `the key ${id} in TOKEN_ENCRYPTION_KEYS is not the one of this id that sealed the tokens in "Session"`,
    remedy: `Put the former key back; nothing was changed meanwhile. ${LOST}`,
  };
}

function missingKeys(ids: readonly string[], isBlocking: boolean): KeyProblem {
  const names = ids.join(", ");
  return {
    kind: "token_key_missing",
    keys: ids,
    isBlocking,
    what: `tokens in "Session" are sealed with the key ${names}, which TOKEN_ENCRYPTION_KEYS does not hold`,
    remedy: `Add it again, behind the key that seals; nothing was changed meanwhile. ${LOST}`,
  };
}

/**
 * What to throw for a value that does not open; anything else is given back as it is. Reports it: in the log, in /metrics, and for
 * `refusedRows` of the health report.
 */
export async function explainSealError(ctx: TokenContext, shop: string, row: string, error: unknown): Promise<unknown> {
  if (!(error instanceof SealError)) return error;
  ctx.metrics.sealedTokensRefused.inc({ reason: error.reason });
  const problem = await findKeyProblem(ctx, { maxAgeMs: RECHECK_MS }).catch(() => undefined);
  if (problem?.isBlocking) return new StorageUnfitError(shop, problem);
  const { refusedRows } = ctx.keyState;
  const isKeyWrong = error.reason === "not_for_this_row" && problem?.keys.includes(error.key) === true;
  const reason = isKeyWrong ? "wrong_key" : error.reason;
  if (reason === "not_for_this_row" && refusedRows.size < MOST_REMEMBERED) refusedRows.add(row);
  ctx.log.error({ shop, row, reason, key: error.key }, "a sealed token does not open: nothing was changed");
  return new UnreadableTokenError(shop, reason);
}
