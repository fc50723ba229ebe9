import { MigrationRequestError, parseMigrationOptions, type MigrationOptions } from "../../../migration/index.ts";
import type { RunOptions } from "./read-run-options.server.ts";

/** The fields of the form, as they are typed, and what they hold at first. */
export const FIRST_VALUES = {
  shops: "",
  limit: "",
  waves: "",
  pauseBetween: "",
  concurrency: "20",
  failureThreshold: "5",
  verify: "auto",
};
export type RunFormValues = typeof FIRST_VALUES;

const NUMBERS = new Set(["limit", "pauseBetween", "concurrency", "failureThreshold"]);

export type RunFormProblems = Partial<Record<keyof RunFormValues, string>>;

const MOST_CHARACTERS = 50_000;

/** The form's values out of a submission. */
export function runFormValues(form: URLSearchParams): RunFormValues {
  const value = (name: string) => {
    const text = (form.get(name) ?? "").trim();
    // One to a line, whatever stands between them.
    const tidy = name === "shops" ? text.replaceAll(/[\s,]+/g, "\n").replaceAll(/^\n|\n$/g, "") : text;
    return [name, tidy.slice(0, MOST_CHARACTERS)];
  };
  return Object.fromEntries(Object.keys(FIRST_VALUES).map(value)) as RunFormValues;
}

/** The form's values for the options of an earlier rehearsal. */
export function valuesOf(options: RunOptions): RunFormValues {
  return {
    shops: options.shops?.join("\n") ?? "",
    limit: options.limit?.toString() ?? "",
    waves: options.waves?.map((share) => `${share}%`).join(",") ?? "",
    pauseBetween: options.pauseBetween?.toString() ?? "",
    concurrency: String(options.concurrency),
    failureThreshold: String(options.failureThreshold),
    verify: options.verify,
  };
}

/** The options that the form asks for, or what is wrong with each field, in the words of the JSON route. */
export function runOptionsOf(values: RunFormValues): { options: MigrationOptions } | { problems: RunFormProblems } {
  const given = Object.entries(values).filter(([, text]) => text !== "");
  const typed = given.map(([name, text]) => [
    name,
    name === "shops" ? text.split("\n") : NUMBERS.has(name) ? numberOrText(text) : text,
  ]);
  const body: unknown = { dryRun: true, waitSeconds: 0, ...Object.fromEntries(typed) };
  try {
    return { options: parseMigrationOptions(body) };
  } catch (error) {
    if (!(error instanceof MigrationRequestError)) throw error;
    const problems: RunFormProblems = {};
    for (const { field, message } of error.problems) {
      const name = field.split(".")[0] as keyof RunFormValues;
      problems[name in values ? name : "shops"] ??= `It ${message}.`;
    }
    return { problems };
  }
}

function numberOrText(text: string): number | string {
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}
