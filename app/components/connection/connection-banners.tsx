import { useRevalidator } from "@remix-run/react";
import { Banner, BlockStack, Button, InlineStack } from "@shopify/polaris";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useDocumentData } from "../language/page-language.tsx";

/**
 * One banner, one button: loading the page's data again brings a new ID token, with which the server gets a new connection. The
 * document is not loaded again, so there is no way round in circles.
 */
export function ReconnectBanner() {
  const { t } = useTranslation();
  const reference = useDocumentData()?.requestId;
  const { revalidate, state } = useRevalidator();
  const [tried, setTried] = useState(false);
  const isBusy = state === "loading";
  return (
    <Banner tone="warning" title={t("attention.title")}>
      <BlockStack gap="200">
        <p>{tried && !isBusy ? t("attention.failed", { reference }) : t("attention.body")}</p>
        <InlineStack>
          <Button
            loading={isBusy}
            onClick={() => {
              setTried(true);
              revalidate();
            }}
          >
            {t("action.reconnect")}
          </Button>
        </InlineStack>
      </BlockStack>
    </Banner>
  );
}

/** Shopify does not answer: says what the page shows nevertheless. */
export function UnreachableBanner() {
  const { t } = useTranslation();
  const { revalidate, state } = useRevalidator();
  return (
    <Banner tone="info" title={t("unreachable.title")}>
      <BlockStack gap="200">
        <p>{t("unreachable.body")}</p>
        <InlineStack>
          <Button loading={state === "loading"} onClick={revalidate}>
            {t("action.retry")}
          </Button>
        </InlineStack>
      </BlockStack>
    </Banner>
  );
}
