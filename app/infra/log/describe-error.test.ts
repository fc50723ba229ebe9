// Proves that of an error in a migration only names and codes reach the log.
import { expect, it } from "vitest";
import { describeError } from "./describe-error.ts";

it("says the name and the codes of a database's error, never its words", () => {
  const error = Object.assign(new Error(`null value in column\nFailing row contains (offline_a, words-of-a-row)`), {
    name: "PrismaClientKnownRequestError",
    code: "P2010",
    meta: { driverAdapterError: { cause: { originalCode: "23502", originalMessage: "words-of-a-row" } } },
  });
  expect(describeError(error)).toEqual({ error: "PrismaClientKnownRequestError", code: "P2010 23502" });
  const said = Object.assign(new Error("words-of-a-row"), {
    name: "error",
    severity: "ERROR",
    code: "23502",
    detail: "words-of-a-row",
  });
  expect(describeError(said)).toEqual({ error: "DatabaseError", code: "23502" });
  expect(JSON.stringify(describeError(new Error("words-of-a-row")))).not.toContain("words");
  expect(describeError("words-of-a-row")).toEqual({ error: "string" });
});
