import type { Finding } from "./doctor-finding.ts";
import type { HealthReport } from "./operator-client.ts";
import { harmless } from "./paint.ts";

const finding = (level: Finding["level"], code: string, text: string): Finding => ({ level, code, text });

/** Proven by the app with the statement that stores a pair; nothing is exchanged while it does not hold. */
export function judgeStorage({ storageProblem, databaseProblem }: HealthReport): Finding[] {
  if (storageProblem === undefined) return [];
  if (storageProblem !== null)
    return [
      finding("problem", "storage_unfit", `the database would not keep a new token: ${harmless(storageProblem)}`),
    ];
  return [
    finding("ok", "storage_fit", "the database keeps a new token: proven, and rolled back"),
    ...(databaseProblem ? [finding("problem", "database_unfit", harmless(databaseProblem))] : []),
  ];
}

/** Background jobs have tables of their own. What else is wrong with the database says it already. */
export function judgeUnanswered(health: HealthReport, unanswered: readonly string[] = []): Finding[] {
  if (health.storageProblem || health.databaseProblem) return [];
  return unanswered.map((words) =>
    finding("problem", "unanswered", `the app could not answer everything: ${harmless(words)}`),
  );
}
