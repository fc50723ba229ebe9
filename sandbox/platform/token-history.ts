import fc from "fast-check";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What can happen to a shop's tokens. `pick` counts back from what was issued last. */
export type Step =
  | { do: "acquire"; expiring: boolean }
  | { do: "migrate"; pick: number }
  | { do: "refresh"; pick: number }
  | { do: "advance"; ms: number }
  | { do: "uninstall" }
  | { do: "reinstall" }
  | { do: "rotate" }
  | { do: "revoke-old-secrets" };

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("acquire" as const), expiring: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("migrate" as const), pick: fc.nat(3) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("refresh" as const), pick: fc.nat(3) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      ms: fc.constantFrom(
        MINUTE,
        56 * MINUTE,
        60 * MINUTE,
        DAY,
        7 * DAY - 1,
        7 * DAY,
        29 * DAY,
        30 * DAY,
        89 * DAY,
        90 * DAY,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "uninstall" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "reinstall" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "rotate" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "revoke-old-secrets" as const }) },
);

/** What an outsider knows of a pair: what was asked and answered. */
export interface PairHistory {
  access: string;
  refresh: string;
  accessUntil: number;
  issuedAt: number;
  secret: string;
  parent?: PairHistory;
  firstUse?: number;
  /** Nothing but its access token is left of it. */
  refreshDead: boolean;
  dead: boolean;
}

/** The same of a permanent token. */
export interface PermanentHistory {
  access: string;
  secret: string;
  dead: boolean;
  migratedAt?: number;
  migratedWith?: string;
  pair?: PairHistory;
  retryClosed: boolean;
}
