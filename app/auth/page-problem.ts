import { isRouteErrorResponse } from "@remix-run/react";
import type { Messages } from "../components/language/translations.server.ts";

type ProblemWords = Omit<Messages["problem"], "reference">;
export type ProblemCode = keyof ProblemWords;
type CodeWithNext = { [Code in ProblemCode]: ProblemWords[Code] extends { next: string } ? Code : never }[ProblemCode];

/**
 * What a page may show of a problem: the body of a thrown response, read by the error boundaries. The words of each code are `problem` of
 * the page's language.
 */
export type PageProblem = {
  /** What support finds the request by. */
  reference?: string;
} & (
  | { code: ProblemCode; next?: undefined }
  /** `next`: the address of the way on, outside of the frame. */
  | { code: CodeWithNext; next: string }
);

/** What an error boundary shows of whatever reached it. Never the error's own message. */
export function pageProblemOf(error: unknown): PageProblem {
  if (isNetworkError(error)) return { code: "not_reached" };
  if (isForeignAnswer(error)) return { code: "busy" };
  if (!isRouteErrorResponse(error)) return { code: "unknown" };
  if (isPageProblem(error.data)) return error.data;
  if (error.status === 404) return { code: "not_found" };
  return { code: error.status === 401 ? "reopen" : "unknown" };
}

/**
 * There was no answer: as `fetch` says it in Chromium, Firefox and Safari, where a `TypeError` alone may be a fault of ours. App Bridge,
 * which asks the Admin for an ID token first, has words of its own.
 */
export function isNetworkError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /failed to fetch|networkerror|load failed/i.test(error.message) || globalThis.navigator?.onLine === false;
}

/** What came is not the app's: the page of a proxy, while the app restarts. Remix fails to decode it. */
export function isForeignAnswer(error: unknown): boolean {
  return error instanceof SyntaxError || (error instanceof Error && /decode turbo-stream/i.test(error.message));
}

function isPageProblem(data: unknown): data is PageProblem {
  return typeof data === "object" && data !== null && "code" in data && typeof data.code === "string";
}
