import { csvRecord } from "../app/infra/csv.ts";
import type { RunFailure } from "./operator-client.ts";

const COLUMNS = ["shop", "outcome", "code", "message", "attempts", "retryable"] as const;

/** Failures as the records of a CSV file, with a header. */
export function* failuresCsv(failures: Iterable<RunFailure>): Generator<string> {
  yield csvRecord(COLUMNS);
  for (const failure of failures) yield csvRecord(COLUMNS.map((column) => failure[column]));
}
