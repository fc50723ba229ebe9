import type { HeadersFunction, LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { TitleBar } from "@shopify/app-bridge-react";
import { BlockStack, Layout, Page, Text } from "@shopify/polaris";
import { boundary } from "@shopify/shopify-app-remix/server";
import { useTranslation } from "react-i18next";
import { ReconnectBanner, UnreachableBanner } from "../components/connection/connection-banners.tsx";
import { ConnectionCard } from "../components/connection/connection-card.tsx";
import { ConnectionHistory } from "../components/connection/connection-history.tsx";
import { viewHistory } from "../components/connection/history-view.ts";
import { loadConnection } from "../components/connection/load-connection.server.ts";
import { SupportReference } from "../components/connection/support-reference.tsx";
import { loadPage } from "../components/pages/load-page.server.ts";
import { services } from "../services.server.ts";
import { pageTitle } from "../components/language/page-title.ts";

export const meta = pageTitle((messages) => messages.nav.connection);

/** Repeats are collapsed into far fewer lines. */
const MOST_EVENTS = 500;

export const loader = (args: LoaderFunctionArgs) =>
  loadPage(args, async (admin) => {
    const loaded = await loadConnection(admin);
    const history = viewHistory(await services.tokens.history(admin.shop, MOST_EVENTS));
    return { ...loaded, history, reference: `${admin.shop} ${args.context.requestId}` };
  });

export default function Connection() {
  const { t } = useTranslation();
  const { facts, connection, history, reference } = useLoaderData<typeof loader>();
  const timeZone = facts?.timeZone;
  return (
    <Page title={t("nav.connection")} backAction={{ content: t("nav.home"), url: "/app" }}>
      <TitleBar title={t("nav.connection")} />
      <Layout>
        <Layout.Section>
          <BlockStack gap="400">
            {connection.kind === "attention" && <ReconnectBanner />}
            {!facts && connection.kind !== "paused" && <UnreachableBanner />}
            <ConnectionCard connection={connection} timeZone={timeZone} detailed>
              {connection.renewsFrom !== undefined && (
                <BlockStack gap="100">
                  <Text as="h3" variant="headingSm">
                    {t("how.heading")}
                  </Text>
                  <Text as="p" tone="subdued">
                    {t("how.body")}
                  </Text>
                </BlockStack>
              )}
            </ConnectionCard>
            <ConnectionHistory lines={history} timeZone={timeZone} />
            <SupportReference reference={reference} />
          </BlockStack>
        </Layout.Section>
      </Layout>
    </Page>
  );
}

export { EmbeddedError as ErrorBoundary } from "../components/pages/embedded-error.tsx";

export const headers: HeadersFunction = (args) => boundary.headers(args);
