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

/** Whatever reached an error boundary, in words for a merchant. Never the error's own message. */
export function pageProblemOf(error: unknown): PageProblem {
  if (!isRouteErrorResponse(error)) return UNKNOWN;
  if (isPageProblem(error.data)) return error.data;
  if (error.status === 404) return NOT_FOUND;
  return error.status === 401 ? SIGN_IN : UNKNOWN;
}

function isPageProblem(data: unknown): data is PageProblem {
  return typeof data === "object" && data !== null && "title" in data && "detail" in data && "retryable" in data;
}
