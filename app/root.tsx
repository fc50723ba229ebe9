import type { HeadersFunction, LoaderFunctionArgs } from "@remix-run/node";
import { isRouteErrorResponse, Links, Meta, Outlet, Scripts, useRouteError } from "@remix-run/react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { chooseLanguage } from "./components/language/choose-language.ts";
import { PageLanguage, useDocumentData } from "./components/language/page-language.tsx";
import { TRANSLATIONS } from "./components/language/translations.server.ts";
import { ScrollPosition } from "./components/pages/scroll-position.tsx";
import { usePageProblem } from "./components/pages/use-page-problem.ts";
import { services } from "./services.server.ts";
import { pageTitle } from "./components/language/page-title.ts";

export const meta = pageTitle((messages) => messages.outside.title);

/**
 * What a document is told once and keeps: the client id, which App Bridge wants on every embedded page (it is public), the language
 * with its sentences, and the request's id, a reference for support.
 */
export const loader = ({ request, context }: LoaderFunctionArgs) => {
  const choice = chooseLanguage(request);
  return {
    apiKey: services.env.SHOPIFY_API_KEY,
    requestId: context.requestId,
    ...choice,
    ...TRANSLATIONS[choice.language],
  };
};
export const shouldRevalidate = () => false;

/** When to come again, of what a page outside the Admin has thrown. */
export const headers: HeadersFunction = ({ errorHeaders }) => {
  const retryAfter = errorHeaders?.get("Retry-After");
  return new Headers(retryAfter ? { "Retry-After": retryAfter } : undefined);
};

export function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang={useDocumentData()?.language ?? "en"}>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
        <link rel="preconnect" href="https://cdn.shopify.com/" />
        <Meta />
        <Links />
      </head>
      <body>
        <PageLanguage>{children}</PageLanguage>
        <Scripts />
      </body>
    </html>
  );
}

export default function Root() {
  return (
    <>
      <Outlet />
      <ScrollPosition />
    </>
  );
}

/** The last boundary: plain, because whatever broke may have been the design system. */
export function ErrorBoundary() {
  const { t } = useTranslation();
  const error = useRouteError();
  const { title, detail, next } = usePageProblem();
  const isNotFound = isRouteErrorResponse(error) && error.status === 404;
  const reference = useDocumentData()?.requestId;
  return (
    <main style={{ font: "14px/1.5 system-ui, sans-serif", maxWidth: "28rem", margin: "20vh auto", padding: "0 1rem" }}>
      <h1 style={{ fontSize: "1.25rem" }}>{title}</h1>
      <p>{detail}</p>
      {next && (
        <a href={next.href} target="_top">
          {next.label}
        </a>
      )}
      {isNotFound && <a href="/">{t("outside.notFoundLink")}</a>}
      {!isNotFound && reference && <p>{t("problem.reference", { reference })}</p>}
    </main>
  );
}
