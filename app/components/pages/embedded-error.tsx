import { useRevalidator } from "@remix-run/react";
import { Banner, BlockStack, Button, InlineStack, Page, Text } from "@shopify/polaris";
import { useTranslation } from "react-i18next";
import type { ProblemCode } from "../../auth/page-problem.ts";
import { useDocumentData } from "../language/page-language.tsx";
import { ReloadButton } from "./page-trouble.tsx";
import { usePageProblem } from "./use-page-problem.ts";

/** The log knows nothing of these, or support could not help. */
const NEEDS_NO_REFERENCE = new Set<ProblemCode>(["not_found", "not_reached", "scripts_blocked"]);

/**
 * The error boundary of embedded pages: says what happened and what to do, inside the app's own frame, below its navigation.
 * "Try again" loads the page's data again, with a new ID token.
 */
export function EmbeddedError() {
  const { t } = useTranslation();
  const document = useDocumentData();
  const { revalidate, state } = useRevalidator();
  const { code, title, detail, next, reference = document?.requestId } = usePageProblem();
  return (
    <Page narrowWidth title={title}>
      <Banner tone={code === "unknown" || code === "configuration" ? "critical" : "warning"}>
        <BlockStack gap="200">
          <p>{detail}</p>
          <InlineStack>
            {next && (
              <Button url={next.href} target="_top">
                {next.label}
              </Button>
            )}
            {code === "not_found" ? (
              <Button url="/app">{t("action.home")}</Button>
            ) : code === "scripts_blocked" ? (
              <ReloadButton />
            ) : next === undefined && code !== "robot" ? (
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
