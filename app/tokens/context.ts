import { toDatabase } from "../infra/database/database.ts";
import { retryConflicts } from "../infra/database/retry-conflicts.ts";
import { quotedTable, sessionLayout, type SessionLayout, withSessionTable } from "../infra/database/session-layout.ts";
import { isExemptDistribution } from "./records/permanent-token.ts";
import { clientSecretFingerprint } from "./rotation/client-secret.ts";
import type { KeyState } from "./sealing/types.ts";
import { createVault, type Vault } from "./sealing/vault.ts";
import { createStorageState, type StorageState } from "./storage/storage-state.ts";
import type { ApplicationKey, Database, Session, TokenDependencies, TokenLog, TokenMetrics } from "./types.ts";

/** What every verb of this folder is given: the dependencies with defaults filled in, and what one process remembers. */
export interface TokenContext
  extends
    Pick<TokenDependencies, "api" | "phase" | "previousApi" | "emergency">,
    Required<Pick<TokenDependencies, "log" | "metrics" | "startTokenCall" | "mayCall" | "onPairStored">> {
  /** Fingerprints of the two client secrets. */
  clientSecret: string | undefined;
  previousClientSecret: string | undefined;
  db: Database;
  /** The table of sessions, as SQL names it. */
  sessionTable: string;
  /** How the table of sessions keeps times. */
  sessions: SessionLayout;
  /** The app may keep permanent tokens: nothing is migrated and none is refused. */
  isExempt: boolean;
  now: () => number;
  /** The one that signs, and during a rotation the previous one. None: no application-only tokens. */
  applicationKeys: readonly ApplicationKey[];
  /** Application-only sessions by shop: in memory alone. Without a session: refused not long ago. */
  applicationSessions: Map<string, { session: Session | undefined; until: number }>;
  storage: StorageState;
  /** Seals and opens the tokens of rows. */
  vault: Vault;
  keyState: KeyState;
  /** Work under way in this process, by shop and purpose (see single-flight.ts). */
  flights: Map<string, Promise<unknown>>;
}

const SILENT_LOG: TokenLog = { debug() {}, info() {}, warn() {}, error() {} };
const NO_METRICS: TokenMetrics = {
  tokenCalls: { inc() {} },
  tokenCallSeconds: { observe() {} },
  pairsStored: { inc() {} },
  staleWrites: { inc() {} },
  permanentTokensRefused: { inc() {} },
  leaseWaitSeconds: { observe() {} },
  needsReauth: { inc() {} },
  sealedTokensRefused: { inc() {} },
};

export function createContext(deps: TokenDependencies): TokenContext {
  const sessionTable = quotedTable(deps.sessions ?? {});
  return {
    api: deps.api,
    previousApi: deps.previousApi,
    clientSecret: clientSecretFingerprint(deps.api),
    previousClientSecret: deps.previousApi && clientSecretFingerprint(deps.previousApi),
    db: withSessionTable(retryConflicts(toDatabase(deps.database)), sessionTable),
    sessionTable,
    sessions: sessionLayout(deps.sessions ?? {}),
    phase: deps.phase,
    isExempt: isExemptDistribution(deps.distribution ?? "app_store"),
    now: deps.clock ?? Date.now,
    log: deps.log ?? SILENT_LOG,
    metrics: deps.metrics ?? NO_METRICS,
    startTokenCall: deps.startTokenCall ?? (() => () => {}),
    mayCall: deps.mayCall ?? (() => true),
    onPairStored: deps.onPairStored ?? (() => {}),
    applicationKeys: [deps.applicationKey, deps.previousApplicationKey].filter((key) => key !== undefined),
    applicationSessions: new Map(),
    emergency: deps.emergency,
    storage: createStorageState(),
    vault: createVault(deps.encryption?.keys ?? [], deps.encryption?.seals),
    keyState: { refusedRows: new Set() },
    flights: new Map(),
  };
}
