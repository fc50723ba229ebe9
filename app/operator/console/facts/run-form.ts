import { MigrationRequestError, parseMigrationOptions, type MigrationOptions } from "../../../migration/index.ts";
import type { RunOptions } from "./read-run-options.server.ts";

/** The fields of the form, as they are typed. */
export interface RunFormValues {
  shops: string;
  limit: string;
  waves: string;
  pauseBetween: string;
  concurrency: string;
  failureThreshold: string;
  verify: string;
}

export const FIRST_VALUES: RunFormValues = {
  shops: "",
  limit: "",
  waves: "",
  pauseBetween: "",
  concurrency: "20",
  failureThreshold: "5",
  verify: "auto",
};

export type RunFormProblems = Partial<Record<keyof RunFormValues, string>>;

const MOST_CHARACTERS = 50_000;

/** The form's values out of a submission. */
export function runFormValues(form: URLSearchParams): RunFormValues {
  const value = (name: keyof RunFormValues) => (form.get(name) ?? "").trim().slice(0, MOST_CHARACTERS);
  return {
    shops: (form.get("shops") ?? "")
      .split(/[\s,]+/)
      .filter(Boolean)
      .join("\n")
      .slice(0, MOST_CHARACTERS),
    limit: value("limit"),
    waves: value("waves"),
    pauseBetween: value("pauseBetween"),
    concurrency: value("concurrency"),
    failureThreshold: value("failureThreshold"),
    verify: value("verify"),
  };
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
  const body = {
    dryRun: true,
    waitSeconds: 0,
    ...(values.shops && { shops: values.shops.split("\n") }),
    ...(values.limit && { limit: numberOrText(values.limit) }),
    ...(values.waves && { waves: values.waves }),
    ...(values.pauseBetween && { pauseBetween: numberOrText(values.pauseBetween) }),
    ...(values.concurrency && { concurrency: numberOrText(values.concurrency) }),
    ...(values.failureThreshold && { failureThreshold: numberOrText(values.failureThreshold) }),
    ...(values.verify && { verify: values.verify }),
  };
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
