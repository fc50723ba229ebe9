import type { ActionFunctionArgs, HeadersFunction, LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData, type ClientActionFunctionArgs } from "@remix-run/react";
import { TitleBar } from "@shopify/app-bridge-react";
import { Badge, BlockStack, Card, InlineStack, Layout, Link, Page, Text } from "@shopify/polaris";
import { boundary } from "@shopify/shopify-app-remix/server";
import { useTranslation } from "react-i18next";
import { askForCheck, shouldRevalidateAfterCheck } from "../components/connection/ask-for-check.ts";
import { checkConnection } from "../components/connection/check-connection.server.ts";
import { ReconnectBanner, UnreachableBanner } from "../components/connection/connection-banners.tsx";
import { ConnectionCard } from "../components/connection/connection-card.tsx";
import { ConnectionCheck } from "../components/connection/connection-check.tsx";
import { loadConnection } from "../components/connection/load-connection.server.ts";
import { ScopeList } from "../components/connection/scope-list.tsx";
import { loadPage } from "../components/pages/load-page.server.ts";
import { pageTitle } from "../components/language/page-title.ts";

export const meta = pageTitle((messages) => messages.nav.home);

export const loader = (args: LoaderFunctionArgs) => loadPage(args, loadConnection);

export const action = (args: ActionFunctionArgs) => checkConnection(args);

export const clientAction = ({ serverAction }: ClientActionFunctionArgs) => askForCheck(serverAction);

export const shouldRevalidate = shouldRevalidateAfterCheck;

export default function Home() {
  const { t } = useTranslation();
  const { shop, facts, connection } = useLoaderData<typeof loader>();
  const { kind, scopes } = connection;
  return (
    <Page
      title={facts?.name ?? shop}
      titleMetadata={facts && <Badge>{facts.plan}</Badge>}
      subtitle={facts ? facts.domain : undefined}
    >
      <TitleBar title={t("nav.home")} />
      <Layout>
        {kind === "attention" && (
          <Layout.Section variant="fullWidth">
            <ReconnectBanner />
          </Layout.Section>
        )}
        {!facts && kind !== "paused" && (
          <Layout.Section variant="fullWidth">
            <UnreachableBanner />
          </Layout.Section>
        )}
        <Layout.Section>
          <BlockStack gap="400">
            <ConnectionCard connection={connection} timeZone={facts?.timeZone}>
              <InlineStack>
                <Link url="/app/connection" removeUnderline>
                  {t("action.history")}
                </Link>
              </InlineStack>
            </ConnectionCard>
            <Card>
              <BlockStack gap="300">
                <Text as="h2" variant="headingMd">
                  {t("scopes.heading")}
                </Text>
                <ScopeList scopes={scopes} />
              </BlockStack>
            </Card>
          </BlockStack>
        </Layout.Section>
        <Layout.Section variant="oneThird">
          <ConnectionCheck />
        </Layout.Section>
      </Layout>
    </Page>
  );
}

export { EmbeddedError as ErrorBoundary } from "../components/pages/embedded-error.tsx";

export const headers: HeadersFunction = (args) => boundary.headers(args);
