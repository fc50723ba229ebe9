import type { HeadersFunction, LoaderFunctionArgs } from "@remix-run/node";
import { Link, Outlet, useLocation, useNavigation } from "@remix-run/react";
import { NavMenu } from "@shopify/app-bridge-react";
import { AppProvider } from "@shopify/shopify-app-remix/react";
import { boundary } from "@shopify/shopify-app-remix/server";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { shouldRevalidateAfterCheck } from "../components/connection/ask-for-check.ts";
import { useDocumentData } from "../components/language/page-language.tsx";
import { EmbeddedError } from "../components/pages/embedded-error.tsx";
import { loadPage } from "../components/pages/load-page.server.ts";
import { PageSkeleton } from "../components/pages/page-skeleton.tsx";
import { PageTrouble } from "../components/pages/page-trouble.tsx";
import { polarisLinks } from "../components/pages/polaris-styles.ts";
import { useLasting } from "../components/pages/use-lasting.ts";

export const links = polarisLinks;

/** A page that comes sooner than this replaces the one before without a skeleton in between. */
const SKELETON_AFTER_MS = 300;

/**
 * Authenticates the frame. A problem that a page can show is left to the page's own loader, which meets it as well: the navigation
 * stays around it. Redirects and refused sessions are not pages.
 */
export const loader = async (args: LoaderFunctionArgs) => {
  try {
    return await loadPage(args, async () => null);
  } catch (thrown) {
    if (thrown instanceof Response && (thrown.status === 423 || thrown.status >= 500)) return null;
    throw thrown;
  }
};

export const shouldRevalidate = shouldRevalidateAfterCheck;

export default function EmbeddedApp() {
  return (
    <EmbeddedFrame>
      <Outlet />
    </EmbeddedFrame>
  );
}

export function ErrorBoundary() {
  return (
    <EmbeddedFrame>
      <EmbeddedError />
    </EmbeddedFrame>
  );
}

/** The embedded app's frame: Polaris, App Bridge, and the navigation that Shopify Admin shows. */
function EmbeddedFrame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const document = useDocumentData();
  const { pathname } = useLocation();
  const { state, location: next } = useNavigation();
  const isBusy = state === "loading";
  const isLeaving = useLasting(isBusy && next !== undefined && next.pathname !== pathname, SKELETON_AFTER_MS);
  return (
    <AppProvider isEmbeddedApp apiKey={document?.apiKey ?? ""} i18n={document?.polaris}>
      <NavMenu>
        <Link to="/app" rel="home">
          {t("nav.home")}
        </Link>
        <Link to="/app/connection">{t("nav.connection")}</Link>
      </NavMenu>
      <PageTrouble />
      <main className="app-page" aria-busy={isBusy && !isLeaving}>
        {isLeaving ? <PageSkeleton aside={next?.pathname === "/app"} /> : children}
      </main>
    </AppProvider>
  );
}

/** Lets the headers of thrown responses through: App Bridge acts on them. Every embedded route exports this. */
export const headers: HeadersFunction = (args) => boundary.headers(args);
