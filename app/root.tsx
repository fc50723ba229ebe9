import { isRouteErrorResponse, Links, Meta, Outlet, Scripts, useRouteError } from "@remix-run/react";
import type { ReactNode } from "react";
import { pageProblemOf } from "./auth/page-problem.ts";
import { ScrollPosition } from "./components/scroll-position.tsx";
import { services } from "./services.server.ts";

/** App Bridge wants the client id on every embedded page, error pages included. It is public. */
export const loader = () => ({ apiKey: services.env.SHOPIFY_API_KEY });
export const shouldRevalidate = () => false;

export function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="preconnect" href="https://cdn.shopify.com/" />
        <Meta />
        <Links />
      </head>
      <body>
        {children}
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
  const error = useRouteError();
  const { title, detail } = pageProblemOf(error);
  const isNotFound = isRouteErrorResponse(error) && error.status === 404;
  return (
    <main style={{ font: "14px/1.5 system-ui, sans-serif", maxWidth: "28rem", margin: "20vh auto", padding: "0 1rem" }}>
      <h1 style={{ fontSize: "1.25rem" }}>{title}</h1>
      <p>{detail}</p>
      {isNotFound && <a href="/">Go to the start page</a>}
    </main>
  );
}
