import { useNavigate, useNavigation, useRevalidator } from "@remix-run/react";
import { Banner, BlockStack, Button, InlineStack } from "@shopify/polaris";
import { useState, useSyncExternalStore, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useLasting } from "./use-lasting.ts";

/** The server answers within 4.5 seconds; after this the page stops looking as if the answer were about to come. */
const LATE_AFTER_MS = 5_000;

/**
 * What keeps a page from working although nothing was answered: an answer that does not come, and App Bridge that is blocked. Each with
 * its next step.
 */
export function PageTrouble() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { state, location: next } = useNavigation();
  const { state: reading, revalidate } = useRevalidator();
  const [attempt, setAttempt] = useState(0);
  const isWaiting = state === "loading" || reading === "loading";
  const isLate = useLasting(isWaiting, LATE_AFTER_MS, attempt);
  const isBlocked = useBlockedScripts();
  const again = () => {
    setAttempt(attempt + 1);
    if (next) void navigate(next, { replace: true });
    else revalidate();
  };
  return (
    <>
      {isBlocked && (
        <TroubleBanner title={t("problem.scripts_blocked.title")} detail={t("problem.scripts_blocked.detail")}>
          <ReloadButton />
        </TroubleBanner>
      )}
      {isLate && (
        <TroubleBanner title={t("problem.busy.title")} detail={t("problem.busy.detail")}>
          <Button onClick={again}>{t("action.retry")}</Button>
        </TroubleBanner>
      )}
    </>
  );
}

function TroubleBanner({ title, detail, children }: { title: string; detail: string; children: ReactNode }) {
  return (
    <div className="page-trouble">
      <Banner tone="warning" title={title}>
        <BlockStack gap="200">
          <p>{detail}</p>
          <InlineStack>{children}</InlineStack>
        </BlockStack>
      </Banner>
    </div>
  );
}

/** Loads the document again, for what a page cannot mend by itself. */
export function ReloadButton() {
  const { t } = useTranslation();
  return <Button onClick={() => window.location.reload()}>{t("action.reload")}</Button>;
}

/** Whether App Bridge, which comes before the page's own scripts, is missing. */
function useBlockedScripts(): boolean {
  return useSyncExternalStore(
    neverChanges,
    () => !("shopify" in window),
    () => false,
  );
}

const neverChanges = () => () => {};
