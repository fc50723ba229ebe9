import type { HeadersFunction, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { TitleBar } from "@shopify/app-bridge-react";
import { BlockStack, Layout, Page } from "@shopify/polaris";
import { boundary } from "@shopify/shopify-app-remix/server";
import { withAdmin } from "../auth/authenticate.server.ts";
import { ConnectionCard } from "../components/connection-card.tsx";
import { ConnectionTimeline } from "../components/connection-timeline.tsx";
import { dateFormatFor, describeConnection, describeHistory } from "../components/connection-words.ts";
import { EmbeddedError } from "../components/embedded-error.tsx";
import { services } from "../services.server.ts";
import { fetchShopFacts } from "../components/shop-facts.server.ts";

const MOST_EVENTS = 50;

export const meta: MetaFunction = () => [{ title: "Connection" }];

export const loader = (args: LoaderFunctionArgs) =>
  withAdmin(args, async ({ shop, admin }) => {
    const { env, tokens } = services;
    const [facts, state, history] = await Promise.all([
      fetchShopFacts(admin),
      tokens.state(shop),
      tokens.history(shop, MOST_EVENTS),
    ]);
    const format = dateFormatFor(facts.timeZone);
    return { connection: describeConnection(state, env.phase, format), events: describeHistory(history, format) };
  });

export default function Connection() {
  const { connection, events } = useLoaderData<typeof loader>();
  return (
    <Page title="Connection" backAction={{ content: "Home", url: "/app" }}>
      <TitleBar title="Connection" />
      <Layout>
        <Layout.Section>
          <BlockStack gap="400">
            <ConnectionCard connection={connection} withLink={false} />
            <ConnectionTimeline events={events} />
          </BlockStack>
        </Layout.Section>
      </Layout>
    </Page>
  );
}

export function ErrorBoundary() {
  return <EmbeddedError />;
}

export const headers: HeadersFunction = (args) => boundary.headers(args);
