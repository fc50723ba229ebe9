import type { ReactNode } from "react";

export type Tone = "good" | "attention" | "bad" | "quiet";

/** A state in a word; the colour only repeats it. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>;
}
