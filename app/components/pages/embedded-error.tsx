import { useRevalidator, useRouteError } from "@remix-run/react";
import { Banner, BlockStack, Button, InlineStack, Page, Text } from "@shopify/polaris";
import { useTranslation } from "react-i18next";
import { pageProblemOf } from "../../auth/page-problem.ts";
import { useDocumentData } from "../language/page-language.tsx";
import { ReloadButton } from "./page-trouble.tsx";

/** The log knows nothing of these, or support could not help. */
const NEEDS_NO_REFERENCE = new Set(["not_found", "not_reached", "scripts_blocked"]);

/**
 * The error boundary of embedded pages: says what happened and what to do, inside the app's own frame, below its navigation.
 * "Try again" loads the page's data again, with a new ID token.
 */
export function EmbeddedError() {
  const { t, i18n } = useTranslation();
  const problem = pageProblemOf(useRouteError());
  const document = useDocumentData();
  const { revalidate, state } = useRevalidator();
  const { code, retryable, next, reference = document?.requestId } = problem;
  const isKnown = i18n.exists(`problem.${code}.title`);
  return (
    <Page narrowWidth title={isKnown ? t(`problem.${code}.title`) : problem.title}>
      <Banner tone={code === "unknown" || code === "configuration" ? "critical" : "warning"}>
        <BlockStack gap="200">
          <p>{isKnown ? t(`problem.${code}.detail`) : problem.detail}</p>
          <InlineStack>
            {next && (
              <Button url={next.href} target="_top">
                {t(`problem.${code}.next`, next.label)}
              </Button>
            )}
            {code === "not_found" ? (
              <Button url="/app">{t("action.home")}</Button>
            ) : code === "scripts_blocked" ? (
              <ReloadButton />
            ) : retryable || code === "reopen" ? (
              <Button onClick={revalidate} loading={state === "loading"}>
                {t(code === "reopen" ? "action.reconnect" : "action.retry")}
              </Button>
            ) : null}
          </InlineStack>
          {reference && !NEEDS_NO_REFERENCE.has(code) && (
            <Text as="p" variant="bodySm" breakWord>
              {t("problem.reference", { reference })}
            </Text>
          )}
        </BlockStack>
      </Banner>
    </Page>
  );
}
