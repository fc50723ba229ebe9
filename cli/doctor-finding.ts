/** Something that `doctor` found. */
export interface Finding {
  level: "ok" | "attention" | "problem";
  /** Stable, for machines. */
  code: string;
  text: string;
}

/** The verdict `regression` in words. */
export const REGRESSION =
  "permanent tokens were stored after contract was reached: by an older release, or from a restored backup";
