/** What the scan looks for: what is wrong with it, and what to write instead. */
export const RULES = {
  "token-in-job": {
    wrong:
      "A job carries a token. It is an hour old at most when it is put in, and dead when a queue runs late or a job is tried again.",
    instead:
      "Put the shop's domain in, and ask for the client when the job runs: const admin = await tokens.admin(shop).",
  },
  "session-table": {
    wrong:
      "The table of sessions is used directly. What is read here may be expired or about to be replaced; what is written races with a refresh.",
    instead: "Read with tokens.admin(shop), or sessionStorage.loadSession(id). Leave writing tokens to the storage.",
  },
  "session-deleted-on-uninstall": {
    wrong:
      "app/uninstalled deletes the row past the lease of its shop: a refresh or a reinstall at that moment is lost, or stays.",
    instead:
      "Delete the line where withTokens or withExpressTokens wraps the library: the sessions are gone before the handler runs. Else call tokens.recordUninstalled(shop) there.",
  },
  "session-storage": {
    wrong:
      "This storage writes the whole row and the last writer wins: a stale pair can replace the living one, and no lease is held.",
    instead: "Give the library tokens.sessionStorage of createTokens(…).",
  },
  "kept-admin-client": {
    wrong:
      "An Admin client is kept beyond its request. It holds the access token of that moment, which ends within the hour.",
    instead: "Keep the shop's domain, and ask for a client each time: await tokens.admin(shop).",
  },
  "long-lived-admin-client": {
    wrong:
      "The result of unauthenticated.admin is used for longer than its token may live: in a timer, or in a loop that waits.",
    instead:
      "Ask inside of the timer or the loop: const admin = await tokens.admin(shop). It costs no call while the token is fresh.",
  },
} as const;

export type RuleName = keyof typeof RULES;

export interface Finding {
  rule: RuleName;
  /** Relative to the scanned folder, with forward slashes. */
  file: string;
  /** From 1. */
  line: number;
  column: number;
  /** The line itself, trimmed. */
  source: string;
}
