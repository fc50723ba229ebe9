import { many } from "./pluralize.ts";
import type { DeadLetters } from "./operator-client.ts";
import { harmless } from "./paint.ts";

/**
 * Background jobs that failed for good, one line each, the oldest first.
 * @param command writes a command as the operator would type it.
 */
export function describeDeadLetters(
  { count, deadLetters, retried }: DeadLetters & { retried?: number },
  command: (text: string) => string,
): string {
  const given = retried === undefined ? [] : [`${many(retried, "background job")} given another chance.`];
  if (count === 0) return [...given, "No background job waits that has failed for good."].join("\n");
  return [
    ...given,
    `${many(count, "background job")} failed for good${count > deadLetters.length ? `; the oldest ${deadLetters.length}:` : ":"}`,
    ...deadLetters.map(({ job, shop, code, attempts, diedAt, message }) =>
      harmless(`  ${diedAt}  ${job}  ${shop ?? "(the app)"}  (${code}, ${many(attempts, "attempt")}): ${message}`),
    ),
    retried === undefined
      ? `Once the cause is repaired: ${command("dead-letters --retry")}`
      : "What is left names no shop or no job of this release, and cannot run.",
  ].join("\n");
}
