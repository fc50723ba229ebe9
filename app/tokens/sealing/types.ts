import type { StorageProblem } from "../errors.ts";

/** Why sealed tokens cannot be used, for an operator. */
export interface KeyProblem extends StorageProblem {
  kind: "token_key_wrong" | "token_key_missing";
  /** Ids of the keys that it is about. */
  keys: readonly string[];
  /** Nothing is exchanged or stored: the key that would seal is wrong, or there is none although tokens are sealed. */
  isBlocking: boolean;
}

/** What this process knows of its keys. */
export interface KeyState {
  checked?: { problem: KeyProblem | undefined; at: number };
  /** Rows whose value did not open though its key is the right one: it belongs to another row, or was changed. */
  refusedRows: Set<string>;
}

export interface Converted {
  /** Rows that were sealed anew, or unsealed. */
  rows: number;
  /** Rows that do not open and were left as they are. */
  unreadable: number;
  /** False when it was ended before the last row. */
  isComplete: boolean;
}

/** How the tokens in `Session` are stored. Counts single tokens, access and refresh tokens, of offline and online sessions. */
export interface SealingReport {
  /** Id of the key that seals new tokens; null: they are stored in plain. */
  sealsWith: string | null;
  /** Ids of the keys that open. */
  opensWith: string[];
  plain: number;
  /** By the id of their key. */
  sealed: Record<string, number>;
  /** Tokens that the background pass has yet to seal anew. With keys that only open: those that `unseal` would. */
  toConvert: number;
  /** Tokens whose key this process does not have. */
  unreadable: number;
  /** Rows whose tokens this process was given and did not open: they belong to another row, or were changed. At most 100. */
  refusedRows: string[];
  /** What is wrong with the keys, and what mends it. */
  problem: string | null;
}
