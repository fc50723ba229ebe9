import { BlockStack, Button, Card, InlineStack, Text } from "@shopify/polaris";
import { useState } from "react";
import { useTranslation } from "react-i18next";

/** What a merchant quotes to support: the shop, and the request that the log knows. */
export function SupportReference({ reference }: { reference: string }) {
  const { t } = useTranslation();
  const [isCopied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard.writeText(reference).then(
      () => setCopied(true),
      // Without permission the reference is there to be selected.
      () => setCopied(false),
    );
  return (
    <Card>
      <BlockStack gap="200">
        <Text as="h2" variant="headingMd">
          {t("support.heading")}
        </Text>
        <Text as="p" tone="subdued">
          {t("support.body")}
        </Text>
        <code className="reference">{reference}</code>
        <InlineStack gap="200" blockAlign="center">
          <Button onClick={() => void copy()}>{t("action.copy")}</Button>
          <span role="status">{isCopied && t("action.copied")}</span>
        </InlineStack>
      </BlockStack>
    </Card>
  );
}
