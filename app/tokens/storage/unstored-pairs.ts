import sql from "sql-template-tag";
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open as openFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Session } from "@shopify/shopify-api";
import type { TokenContext } from "../context.ts";
import { describeError } from "../errors.ts";
import type { Lease } from "../renew/lease.ts";
import type { HowStored } from "../types.ts";
import { open, seal } from "./seal.ts";

/** A pair that Shopify issued and that could not be stored, as it lies in the emergency record. */
export interface UnstoredPair {
  id: string;
  session: Session;
  how: HowStored;
  /** The shop's generation under the lease that asked for it; a later pair has a higher one. */
  generation: number;
  /** Which credential was stored then (`tokenFingerprint`). */
  fingerprint: string | null;
}

type Content = Omit<UnstoredPair, "id" | "session"> & { session: Record<string, unknown> };
interface Entry {
  id: string;
  shop: string;
  sealed: string;
}

const SUFFIX = ".sealed.json";
/** A sealed pair has some two kilobytes. */
const LONGEST_FILE = 65_536;
/** How old the list of shops with an unstored pair may be. Nothing depends on it: the stored token may be sent again for days. */
const LIST_MS = 5_000;

/**
 * The emergency record of a pair that `Session` would not take: a row in `UnstoredPair`, which needs no right but INSERT; where the
 * database cannot take that either, a file that only this user can read. Sealed in both. Never throws.
 */
export async function keepUnstored(
  ctx: TokenContext,
  lease: Pick<Lease, "shop" | "generation" | "session">,
  session: Session,
  how: HowStored,
): Promise<void> {
  const { shop, generation } = lease;
  const secret = ctx.emergency?.secrets[0];
  if (!secret) {
    ctx.log.error({ shop }, "a pair could not be stored, and there is no emergency record to write it to");
    return;
  }
  const content: Content = {
    how,
    generation,
    fingerprint: lease.session?.fingerprint ?? null,
    session: session.toObject(),
  };
  const entry = { id: randomUUID(), shop, sealed: seal(secret, shop, JSON.stringify(content)) };
  const where = (await writeRow(ctx, entry)) ? "table" : (await writeEntry(ctx, entry)) ? "file" : undefined;
  ctx.storage.unstored = undefined;
  if (where) ctx.log.error({ shop, how, where }, "a pair could not be stored; it is kept, sealed, until it can");
  else ctx.log.error({ shop, how }, "a pair could not be stored, nor written to the emergency record");
}

async function writeRow(ctx: TokenContext, { id, shop, sealed }: Entry): Promise<boolean> {
  try {
    await ctx.db.execute(
      sql`INSERT INTO expand_contract."UnstoredPair" ("id", "shop", "sealed") VALUES (${id}, ${shop}, ${sealed})`,
    );
    return true;
  } catch (error) {
    ctx.log.warn({ shop, ...describeError(error) }, "the table of the emergency record could not be written");
    return false;
  }
}

async function writeEntry(ctx: TokenContext, entry: Entry): Promise<boolean> {
  const directory = ctx.emergency!.directory;
  const path = join(directory, `${entry.id}${SUFFIX}`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, JSON.stringify(entry), { flag: "wx", mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
    return true;
  } catch (error) {
    ctx.log.warn(
      { shop: entry.shop, ...describeError(error) },
      "the file of the emergency record could not be written",
    );
    return false;
  }
}

/** The unstored pairs of a shop, the latest generation last. */
export async function findUnstored(ctx: TokenContext, shop: string): Promise<UnstoredPair[]> {
  if (!(await shopsWithUnstored(ctx)).has(shop)) return [];
  return (await entriesOf(ctx, shop))
    .flatMap(({ id, sealed }): UnstoredPair[] => {
      const text = open(ctx.emergency!.secrets, shop, sealed);
      if (text === undefined) return [];
      const { session, ...rest } = JSON.parse(text) as Content;
      return [{ id, ...rest, session: sessionOf(session) }];
    })
    .sort((a, b) => a.generation - b.generation);
}

async function entriesOf(ctx: TokenContext, shop: string): Promise<Entry[]> {
  return [...(await readRows(ctx, shop)), ...(await readFiles(ctx)).filter((entry) => entry.shop === shop)];
}

/** Shops with an unstored pair, read at most once in a few seconds. Empty where it cannot be read. */
export async function shopsWithUnstored(ctx: TokenContext): Promise<ReadonlySet<string>> {
  const { storage } = ctx;
  if (!ctx.emergency) return new Set();
  if (!storage.unstored || performance.now() - storage.unstored.readAt > LIST_MS) {
    const shops = Promise.all([readRows(ctx), readFiles(ctx)]).then(
      (found) => new Set(found.flat().map(({ shop }) => shop)),
    );
    storage.unstored = { shops, readAt: performance.now() };
  }
  return storage.unstored.shops;
}

async function readRows(ctx: TokenContext, shop: string | null = null): Promise<Entry[]> {
  try {
    return await ctx.db.query<Entry[]>(sql`
      SELECT "id", "shop", CASE WHEN ${shop}::text IS NULL THEN '' ELSE "sealed" END AS "sealed" FROM expand_contract."UnstoredPair"
      WHERE ${shop}::text IS NULL OR "shop" = ${shop} ORDER BY "at" LIMIT 10000`);
  } catch (error) {
    ctx.log.warn(describeError(error), "the emergency record cannot be read");
    return [];
  }
}

async function readFiles({ emergency }: TokenContext): Promise<Entry[]> {
  const names = await readdir(emergency!.directory).catch(() => []);
  const entries = names
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => readEntry(emergency!.directory, name).catch(() => undefined));
  return (await Promise.all(entries)).filter((entry) => entry !== undefined);
}

/** A folder such as /tmp may hold what others put there: links, pipes and whatever is not as it was written here are passed over. */
async function readEntry(directory: string, name: string): Promise<Entry | undefined> {
  const file = await openFile(join(directory, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile() || found.size > LONGEST_FILE) return undefined;
    const entry = JSON.parse(await file.readFile("utf8")) as Entry;
    return `${entry.id}${SUFFIX}` === name ? entry : undefined;
  } finally {
    await file.close();
  }
}

/** After a pair was adopted, or proved to be obsolete. What cannot be deleted is obsolete by its generation. */
export async function forgetUnstored(ctx: TokenContext, pairs: readonly Pick<UnstoredPair, "id">[]): Promise<void> {
  if (!ctx.emergency || pairs.length === 0) return;
  const ids = pairs.map(({ id }) => id);
  ctx.storage.unstored = undefined;
  await Promise.all(
    ids.map((id) => rm(join(ctx.emergency!.directory, `${id}${SUFFIX}`), { force: true }).catch(() => {})),
  );
  try {
    await ctx.db.execute(
      sql`DELETE FROM expand_contract."UnstoredPair" WHERE "id" IN (SELECT jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`,
    );
  } catch (error) {
    ctx.log.warn(describeError(error), "an adopted pair could not be deleted from the emergency record");
  }
}

/** After a redaction nothing names the shop any more. */
export async function forgetUnstoredOf(ctx: TokenContext, shop: string): Promise<void> {
  if (!ctx.emergency) return;
  await forgetUnstored(ctx, await entriesOf(ctx, shop));
}

function sessionOf(stored: Record<string, unknown>): Session {
  const date = (value: unknown) => (typeof value === "string" ? new Date(value) : undefined);
  return new Session({
    ...(stored as unknown as ConstructorParameters<typeof Session>[0]),
    expires: date(stored.expires),
    refreshTokenExpires: date(stored.refreshTokenExpires),
  });
}
