import type { SealingReport, Tokens } from "../tokens/index.ts";
import { readWatchFacts, type WatchFacts, type WatchSource } from "./watch-facts.ts";

/** What alerts are judged by. The gauges of /metrics read sealing and rotation by themselves. */
export interface AlertFacts extends WatchFacts {
  sealing: Pick<SealingReport, "toConvert" | "unreadable">;
  /** Chains that depend on an earlier client secret; 0 while nothing is rotated. */
  rotation: { pinned: number };
}

export interface AlertSource extends WatchSource {
  tokens: WatchSource["tokens"] & Pick<Tokens, "sealing" | "isRotating" | "rotation">;
}

/** @throws when the database cannot be asked. */
export async function readAlertFacts(source: AlertSource): Promise<AlertFacts> {
  const { tokens } = source;
  const [facts, sealing, rotation] = await Promise.all([
    readWatchFacts(source),
    tokens.sealing(),
    tokens.isRotating ? tokens.rotation() : { pinned: 0 },
  ]);
  return { ...facts, sealing, rotation };
}
