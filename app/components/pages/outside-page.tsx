import { AppProvider, BlockStack, Box, Card, Text } from "@shopify/polaris";
import english from "@shopify/polaris/locales/en.json" with { type: "json" };
import type { ReactNode } from "react";
import { useDocumentData } from "../language/page-language.tsx";

/** The frame of pages outside of Shopify Admin: one card in the middle. */
export function OutsidePage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <AppProvider i18n={useDocumentData()?.polaris ?? english}>
      <div style={{ minHeight: "100vh", display: "grid", placeItems: "center", padding: "1rem" }}>
        <main style={{ width: "100%", maxWidth: "28rem" }}>
          <Card padding="600">
            <BlockStack gap="400">
              <Text as="h1" variant="headingLg">
                {title}
              </Text>
              <Box>{children}</Box>
            </BlockStack>
          </Card>
        </main>
      </div>
    </AppProvider>
  );
}
