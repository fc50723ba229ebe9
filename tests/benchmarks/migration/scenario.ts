import type { Bench } from "./bench-setup.ts";

/** One line of the table. */
export interface Row {
  measure: string;
  /** Shopify's documented script. */
  script: string;
  ours: string;
  required: string;
  holds: boolean;
}

/** A point of the plot: what a thousand migrated shops cost in a table of so many rows. */
export interface Point {
  rows: number;
  secondsToFirstShop: number;
  millisecondsPerShop: number;
  peakMemoryMb: number;
  countMs: number;
}

export interface ScenarioContext {
  bench: Bench;
  /** 1: as required; smaller for a quick look. */
  scale: number;
  say: (text: string) => void;
  points: Point[];
}

export type Scenario = (context: ScenarioContext) => Promise<Row[]>;

export const LATENCY_MS = 100;
/** Default of POST /admin/migrate-tokens. */
export const CONCURRENCY = 20;

/** Shops before the measurement, in which the engine compiles. */
export const WARM_UP = 300;

export const answersAfter = (ms: number) => ({
  id: "latency",
  endpoint: "token" as const,
  effect: { kind: "latency" as const, beforeMs: ms },
});

export function secondsOf(run: { startedAt: string; finishedAt: string | null }): number {
  return (Date.parse(run.finishedAt!) - Date.parse(run.startedAt)) / 1_000;
}

export const rounded = (value: number, digits = 1) => value.toFixed(digits);
export const percent = (value: number) => `${(value * 100).toFixed(1)}%`;
