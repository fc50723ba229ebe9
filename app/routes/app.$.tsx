import type { HeadersFunction, LoaderFunctionArgs } from "@remix-run/node";
import { boundary } from "@shopify/shopify-app-remix/server";
import { problemResponse } from "../auth/token-error-response.server.ts";
import { loadPage } from "../components/pages/load-page.server.ts";
import { pageTitle } from "../components/language/page-title.ts";

export const meta = pageTitle((messages) => messages.problem.not_found.title);

/** An address that does not exist: a page in the frame like any other, with the navigation and a way home. */
export const loader = (args: LoaderFunctionArgs) =>
  loadPage(args, async () => {
    throw problemResponse(404, { code: "not_found", reference: args.context.requestId });
  });

export default function NotFound() {
  return null;
}

export { EmbeddedError as ErrorBoundary } from "../components/pages/embedded-error.tsx";

export const headers: HeadersFunction = (args) => boundary.headers(args);
