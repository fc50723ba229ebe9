import type { World } from "../benchmarks/races/world.ts";
import type { SeverableDatabase } from "../support/severable-database.ts";

/** What a fault is given to do its worst to. */
export interface FaultContext {
  world: World;
  /** The app's way to the database, which can be cut. */
  way: SeverableDatabase;
  /** As given; the default is the fault's own. */
  seconds: number;
  shops: readonly string[];
  /** Runs at the end of the fault's life, whatever happened. */
  onEnd(undo: () => unknown): void;
}

/** What may be done to the world before it is there. */
interface Preparation {
  /** What the app is told as DATABASE_URL instead of the way to the database. */
  databaseUrl?: string;
  env?: Record<string, string>;
  envOf?: (index: number) => Record<string, string>;
  /** The folder of the release that runs at first; this one's unless told. */
  root?: string;
  undo?: () => unknown;
}

export interface Fault {
  /** What happens, for the table. */
  title: string;
  /** How long it lasts. */
  seconds: number;
  /** Why it cannot be had on this machine, if so. */
  missing?(): Promise<string | undefined>;
  prepare?(databaseUrl: string): Promise<Preparation>;
  /** Lasts until the fault is over. */
  happen(context: FaultContext): Promise<void>;
  /** A migration of all shops with permanent tokens begins with the fault. */
  inRun?: boolean;
  /** Answers to merchants that are right under this fault, and are no failures after it has ended either. */
  note?: string;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
