import type { ActionFunctionArgs, HeadersFunction, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useFetcher, useLoaderData } from "@remix-run/react";
import { TitleBar, useAppBridge } from "@shopify/app-bridge-react";
import { Badge, BlockStack, Button, Card, InlineStack, Layout, Page, Text } from "@shopify/polaris";
import { boundary } from "@shopify/shopify-app-remix/server";
import { useEffect } from "react";
import { withAdmin } from "../auth/authenticate.server.ts";
import { checkConnection } from "../components/check-connection.server.ts";
import { ConnectionCard } from "../components/connection-card.tsx";
import { dateFormatFor, describeConnection } from "../components/connection-words.ts";
import { EmbeddedError } from "../components/embedded-error.tsx";
import { services } from "../services.server.ts";
import { fetchShopFacts } from "../components/shop-facts.server.ts";

export const meta: MetaFunction = () => [{ title: "Home" }];

export const loader = (args: LoaderFunctionArgs) =>
  withAdmin(args, async ({ shop, admin }) => {
    const [facts, state] = await Promise.all([fetchShopFacts(admin), services.tokens.state(shop)]);
    const connection = describeConnection(state, services.env.phase, dateFormatFor(facts.timeZone));
    return { facts, connection };
  });

export const action = (args: ActionFunctionArgs) => checkConnection(args);

export default function Home() {
  const { facts, connection } = useLoaderData<typeof loader>();
  const check = useFetcher<typeof action>();
  const shopify = useAppBridge();
  const result = check.data;

  useEffect(() => {
    if (result) shopify.toast.show(result.message, { isError: !result.ok });
  }, [result, shopify]);

  return (
    <Page title={facts.name} titleMetadata={<Badge>{facts.plan}</Badge>} subtitle={facts.domain}>
      <TitleBar title="Home" />
      <Layout>
        <Layout.Section>
          <ConnectionCard connection={connection} />
        </Layout.Section>
        <Layout.Section variant="oneThird">
          <Card>
            <BlockStack gap="300">
              <Text as="h2" variant="headingMd">
                Test it yourself
              </Text>
              <Text as="p" variant="bodyMd" tone="subdued">
                Ask Shopify now, with the connection that the app uses for your store.
              </Text>
              <check.Form method="post" action="/app?index">
                <InlineStack>
                  <Button submit loading={check.state !== "idle"}>
                    Check the connection
                  </Button>
                </InlineStack>
              </check.Form>
              <div role="status">
                {result && (
                  <Text as="p" variant="bodySm" tone={result.ok ? "success" : "critical"}>
                    {result.message}
                  </Text>
                )}
              </div>
            </BlockStack>
          </Card>
        </Layout.Section>
      </Layout>
    </Page>
  );
}

export function ErrorBoundary() {
  return <EmbeddedError />;
}

export const headers: HeadersFunction = (args) => boundary.headers(args);
