import { isRouteErrorResponse } from "@remix-run/react";

/** What a page may show of a problem: the body of a thrown response, read by the error boundaries. */
export interface PageProblem {
  /** Stable, for support. */
  code: string;
  title: string;
  detail: string;
  /** Asking again may help. */
  retryable: boolean;
  /** The way on, outside of the frame. */
  next?: { label: string; href: string };
  /** What support finds the request by. */
  reference?: string;
}

const NOT_FOUND: PageProblem = {
  code: "not_found",
  title: "This page does not exist",
  detail: "The address may be mistyped or out of date.",
  retryable: false,
};
const SIGN_IN: PageProblem = {
  code: "reopen",
  title: "Please open the app again",
  detail: "You have been away for a while. Open the app from Apps in your Shopify admin.",
  retryable: true,
};
const UNKNOWN: PageProblem = {
  code: "unknown",
  title: "Something went wrong",
  detail: "We have been told about it. Please try again; if it keeps happening, contact support.",
  retryable: true,
};

/** The app is there and cannot answer; or what answers for it is not the app. */
export const BUSY: PageProblem = {
  code: "busy",
  title: "We are back in a moment",
  detail: "The app cannot answer just now. Nothing is lost. Please try again in a few seconds.",
  retryable: true,
};
/** The browser got no answer at all: no network, or nothing that answers for the app. */
const NOT_REACHED: PageProblem = {
  code: "not_reached",
  title: "The app can't be reached right now",
  detail: "Check your internet connection, then try again. Nothing is lost.",
  retryable: true,
};

/** Whatever reached an error boundary, in words for a merchant. Never the error's own message. */
export function pageProblemOf(error: unknown): PageProblem {
  if (isNetworkError(error)) return NOT_REACHED;
  if (isForeignAnswer(error)) return BUSY;
  if (!isRouteErrorResponse(error)) return UNKNOWN;
  if (isPageProblem(error.data)) return error.data;
  if (error.status === 404) return NOT_FOUND;
  return error.status === 401 ? SIGN_IN : UNKNOWN;
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
  return typeof data === "object" && data !== null && "title" in data && "detail" in data && "retryable" in data;
}
