import type { HeadersFunction, LoaderFunctionArgs } from "@remix-run/node";
import { Link, Outlet, useNavigation, useRouteLoaderData } from "@remix-run/react";
import { NavMenu } from "@shopify/app-bridge-react";
import { AppProvider } from "@shopify/shopify-app-remix/react";
import { boundary } from "@shopify/shopify-app-remix/server";
import { withAdmin } from "../auth/authenticate.server.ts";
import { EmbeddedError } from "../components/embedded-error.tsx";
import { polarisLinks } from "../components/polaris-styles.ts";
import type { loader as rootLoader } from "../root.tsx";

export const links = polarisLinks;

export const loader = (args: LoaderFunctionArgs) => withAdmin(args, async () => null);

const useApiKey = () => useRouteLoaderData<typeof rootLoader>("root")?.apiKey ?? "";

/** The embedded app's frame: Polaris, App Bridge, and the navigation that Shopify Admin shows. */
export default function EmbeddedApp() {
  const isBusy = useNavigation().state === "loading";
  return (
    <AppProvider isEmbeddedApp apiKey={useApiKey()}>
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

/** The frame itself could not be loaded: the whole document is asked for again, through a new ID token if need be. */
export function ErrorBoundary() {
  return (
    <AppProvider isEmbeddedApp apiKey={useApiKey()}>
      <EmbeddedError retry={() => window.location.reload()} />
    </AppProvider>
  );
}

/** Lets the headers of thrown responses through: App Bridge acts on them. Every embedded route exports this. */
export const headers: HeadersFunction = (args) => boundary.headers(args);
