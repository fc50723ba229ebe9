import { createHash } from "node:crypto";
import { findShopDomain } from "../shop-domain.ts";

/** Which shops a flag is on for: a share of all by stable hash, and shops named one by one. */
export interface Rollout {
  /** 0 to 100. */
  percent: number;
  include: ReadonlySet<string>;
  exclude: ReadonlySet<string>;
}

const PERCENT = /^(\d{1,3}(?:\.\d{1,2})?)%$/;
const SIGN = /^[+-]/;

/**
 * Parses `TOKEN_EXCHANGE_ROLLOUT`, e.g. `25%,+vip.myshopify.com,-old.myshopify.com`.
 * @throws Error naming the part that cannot be read.
 */
export function parseRollout(text: string): Rollout {
  const include = new Set<string>();
  const exclude = new Set<string>();
  let percent: number | undefined;
  for (const part of text.split(",").map((piece) => piece.trim().toLowerCase())) {
    const share = PERCENT.exec(part);
    const shop = SIGN.test(part) ? findShopDomain(part.slice(1)) : undefined;
    if (share && percent === undefined && Number(share[1]) <= 100) percent = Number(share[1]);
    else if (shop) (part.startsWith("+") ? include : exclude).add(shop);
    else throw new Error(`"${part}" is neither one percentage (25%) nor +shop.myshopify.com or -shop.myshopify.com`);
  }
  return { percent: percent ?? (include.size > 0 ? 0 : 100), include, exclude };
}

/**
 * A shop's place between 0 (included) and 100 (excluded), the same in every process and for ever. A larger share
 * therefore always contains a smaller one.
 */
export function rolloutPlace(shop: string): number {
  return (createHash("sha256").update(shop.toLowerCase()).digest().readUInt32BE(0) / 2 ** 32) * 100;
}

/** Whether the flag is on for a shop: exclusions win over inclusions, and those over the share. */
export function isInRollout(rollout: Rollout, shop: string): boolean {
  const name = shop.toLowerCase();
  if (rollout.exclude.has(name)) return false;
  return rollout.include.has(name) || rolloutPlace(name) < rollout.percent;
}
