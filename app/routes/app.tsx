import type { HeadersFunction, LoaderFunctionArgs } from "@remix-run/node";
import { Link, Outlet, useLoaderData, useNavigation } from "@remix-run/react";
import { NavMenu } from "@shopify/app-bridge-react";
import { AppProvider } from "@shopify/shopify-app-remix/react";
import { boundary } from "@shopify/shopify-app-remix/server";
import { withAdmin } from "../authenticate.server.ts";
import { EmbeddedError } from "../embedded-error.tsx";
import { polarisLinks } from "../polaris-styles.ts";
import { services } from "../services.server.ts";

export const links = polarisLinks;

export const loader = (args: LoaderFunctionArgs) =>
  withAdmin(args, async () => ({ apiKey: services.env.SHOPIFY_API_KEY }));

/** The embedded app's frame: Polaris, App Bridge, and the navigation that Shopify Admin shows. */
export default function EmbeddedApp() {
  const { apiKey } = useLoaderData<typeof loader>();
  const isBusy = useNavigation().state === "loading";
  return (
    <AppProvider isEmbeddedApp apiKey={apiKey}>
      <NavMenu>
        <Link to="/app" rel="home">
          Home
        </Link>
        <Link to="/app/connection">Connection</Link>
      </NavMenu>
      <main aria-busy={isBusy} style={{ opacity: isBusy ? 0.6 : 1, transition: "opacity 150ms 150ms" }}>
        <Outlet />
      </main>
    </AppProvider>
  );
}

/** Without the loader's data there is no App Bridge; Polaris alone says what happened. */
export function ErrorBoundary() {
  return (
    <AppProvider isEmbeddedApp={false} apiKey="">
      <EmbeddedError />
    </AppProvider>
  );
}

/** Lets the headers of thrown responses through: App Bridge acts on them. Every embedded route exports this. */
export const headers: HeadersFunction = (args) => boundary.headers(args);
