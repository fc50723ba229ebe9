import type { Databases, Kind } from "./world.ts";

/** One row of the table. */
export interface Row {
  scenario: string;
  measure: string;
  plain: string;
  ours: string;
  required: string;
  holds: boolean;
}

export interface ScenarioContext {
  databases: Databases;
  seed: number;
  /** 1: as the table says; smaller: for a quick look. */
  scale: number;
  say(text: string): void;
}

/** Runs the same thing on both apps, the plain one first. */
export async function onBoth<T>(run: (kind: Kind) => Promise<T>): Promise<Record<Kind, T>> {
  return { plain: await run("plain"), ours: await run("ours") };
}

export function shopNames(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}.myshopify.com`);
}

/** Token calls of 20 to 200 ms, as measured on the way to Shopify. */
export const TOKEN_LATENCY = {
  endpoint: "token" as const,
  effect: { kind: "latency" as const, beforeMs: [10, 100] as [number, number], afterMs: [10, 100] as [number, number] },
};

export const ADMIN_LATENCY = {
  endpoint: "graphql" as const,
  effect: { kind: "latency" as const, beforeMs: [10, 50] as [number, number], afterMs: [10, 50] as [number, number] },
};
