import type { ReactNode } from "react";

/** A state in a word; the colour only repeats it. */
export function Badge({ tone, children }: { tone: "good" | "attention" | "bad" | "quiet"; children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>;
}
