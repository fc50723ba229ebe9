import { isSealed, openValue, type Place, sealValue } from "./sealed-value.ts";
import type { TokenKey } from "./token-keys.ts";

/** The tokens of one row of `Session`, as they are stored or in plain. Empty texts are not tokens and stay as they are. */
export interface RowTokens {
  id: string;
  accessToken?: string | null;
  refreshToken?: string | null;
}

/** Seals and opens the tokens of rows. Everything that reads or writes these two columns goes through it. */
export interface Vault {
  keys: readonly TokenKey[];
  /** Seals what is stored from now on; undefined: it is stored in plain. */
  sealsWith: TokenKey | undefined;
  /** What is to be written. */
  close(row: RowTokens): RowTokens;
  /**
   * What was read. Plain values pass, so that rows may be sealed one by one.
   * @throws SealError
   */
  open(row: RowTokens): RowTokens;
}

/**
 * @param keys the first seals, all open.
 * @param seals false: the keys only open, and new tokens are stored in plain.
 */
export function createVault(keys: readonly TokenKey[], seals = true): Vault {
  const sealsWith = seals ? keys[0] : undefined;
  const closed = (place: Place, text: string) => (sealsWith ? sealValue(sealsWith, place, text) : text);
  const opened = (place: Place, text: string) => (isSealed(text) ? openValue(keys, place, text) : text);
  const both = ({ id, accessToken, refreshToken }: RowTokens, to: typeof closed): RowTokens => ({
    id,
    accessToken: accessToken && to({ id, column: "accessToken" }, accessToken),
    refreshToken: refreshToken && to({ id, column: "refreshToken" }, refreshToken),
  });
  return {
    keys,
    sealsWith,
    close: (row) => both(row, closed),
    open: (row) => both(row, opened),
  };
}
