import { Badge, BlockStack, Card, InlineStack, Link as PolarisLink, Text } from "@shopify/polaris";
import type { ConnectionView } from "./connection-words.ts";

/** How the store is connected, in a merchant's words. */
export function ConnectionCard({ connection, withLink = true }: { connection: ConnectionView; withLink?: boolean }) {
  const { tone, status, summary, facts } = connection;
  return (
    <Card>
      <BlockStack gap="400">
        <InlineStack align="space-between" blockAlign="center">
          <Text as="h2" variant="headingMd">
            Connection to Shopify
          </Text>
          <Badge tone={tone}>{status}</Badge>
        </InlineStack>
        <Text as="p" variant="bodyMd">
          {summary}
        </Text>
        {facts.length > 0 && (
          <dl
            style={{ margin: 0, display: "grid", gridTemplateColumns: "minmax(8rem, auto) 1fr", gap: "0.5rem 1.5rem" }}
          >
            {facts.map(({ label, text }) => (
              <div key={label} style={{ display: "contents" }}>
                <Text as="dt" variant="bodyMd" tone="subdued">
                  {label}
                </Text>
                <dd style={{ margin: 0 }}>{text}</dd>
              </div>
            ))}
          </dl>
        )}
        {withLink && (
          <PolarisLink url="/app/connection" removeUnderline>
            What happened so far
          </PolarisLink>
        )}
      </BlockStack>
    </Card>
  );
}
