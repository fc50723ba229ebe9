import type { ShouldRevalidateFunction } from "@remix-run/react";
import { isForeignAnswer, isNetworkError } from "../../auth/page-problem.ts";
import type { ConnectionCheckResult } from "./check-connection.server.ts";

/** The server's own bound, and a second for the way. */
const ANSWER_WITHIN_MS = 5_500;

const TELLING = new Set<ConnectionCheckResult["outcome"]>(["ok", "paused"]);

/**
 * Whether a check is a reason to load the page's data again. One that failed is not: the data would not come either, and an error would
 * replace the page.
 */
export const shouldRevalidateAfterCheck: ShouldRevalidateFunction = ({ actionResult, defaultShouldRevalidate }) => {
  const outcome = (actionResult as ConnectionCheckResult | undefined)?.outcome;
  return defaultShouldRevalidate && (outcome === undefined || TELLING.has(outcome));
};

/** Asks the server to check the connection. No answer is an answer here as well: the page stays, and the button works again. */
export async function askForCheck(serverAction: () => Promise<unknown>): Promise<ConnectionCheckResult> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<ConnectionCheckResult>((resolve) => {
    timer = setTimeout(() => resolve({ outcome: "busy" }), ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([serverAction() as Promise<ConnectionCheckResult>, late]);
  } catch (error) {
    if (isNetworkError(error)) return { outcome: "not_reached" };
    if (isForeignAnswer(error)) return { outcome: "busy" };
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
