import type { SealingReport } from "../../tokens/index.ts";

/** An app without keys for its tokens, for tests of what is said about it. */
export const IN_PLAIN: SealingReport = {
  sealsWith: null,
  opensWith: [],
  plain: 14,
  sealed: {},
  toConvert: 0,
  unreadable: 0,
  refusedRows: [],
  problem: null,
};
