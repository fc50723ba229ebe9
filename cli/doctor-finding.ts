/** Something that `doctor` found. */
export interface Finding {
  level: "ok" | "attention" | "problem";
  /** Stable, for machines. */
  code: string;
  text: string;
}
