import { useFetcher } from "@remix-run/react";
import { BlockStack, Button, Card, InlineStack, Text } from "@shopify/polaris";
import { useTranslation } from "react-i18next";
import type { ConnectionCheckResult } from "./check-connection.server.ts";

/** Asks Shopify when told to. The answer stays here, whatever it is. */
export function ConnectionCheck() {
  const { t } = useTranslation();
  const check = useFetcher<ConnectionCheckResult>();
  const result = check.data;
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingMd">
          {t("check.heading")}
        </Text>
        <Text as="p" tone="subdued">
          {t("check.body")}
        </Text>
        <check.Form method="post" action="/app?index">
          <InlineStack>
            <Button submit loading={check.state !== "idle"}>
              {t("action.check")}
            </Button>
          </InlineStack>
        </check.Form>
        <div role="status">
          {result && check.state === "idle" && (
            <Text as="p" tone={result.outcome === "ok" ? "success" : "critical"}>
              {t(`check.${result.outcome}`, { ...result })}
            </Text>
          )}
        </div>
      </BlockStack>
    </Card>
  );
}
