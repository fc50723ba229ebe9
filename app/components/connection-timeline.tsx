import { Badge, BlockStack, Card, EmptyState, InlineStack, Text } from "@shopify/polaris";
import type { ConnectionEvent } from "./connection-words.ts";

/** What happened to the connection, the latest first. */
export function ConnectionTimeline({ events }: { events: ConnectionEvent[] }) {
  if (events.length === 0) {
    return (
      <Card>
        <EmptyState heading="Nothing has happened yet" image="">
          <p>When the connection is renewed, or anything else happens to it, you will see it here.</p>
        </EmptyState>
      </Card>
    );
  }
  return (
    <Card>
      <BlockStack gap="400">
        <Text as="h2" variant="headingMd">
          What happened so far
        </Text>
        <ol style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: "1rem" }}>
          {events.map((event) => (
            <li key={`${event.at} ${event.title}`}>
              <BlockStack gap="050">
                <InlineStack gap="200" blockAlign="center">
                  <Badge tone={event.tone}>{event.title}</Badge>
                  <Text as="span" variant="bodySm" tone="subdued">
                    <time dateTime={event.at}>{event.when}</time>
                  </Text>
                </InlineStack>
                <Text as="p" variant="bodyMd">
                  {event.detail}
                </Text>
              </BlockStack>
            </li>
          ))}
        </ol>
      </BlockStack>
    </Card>
  );
}
