import { Badge, BlockStack, Card, InlineStack, Text } from "@shopify/polaris";
import { Trans, useTranslation } from "react-i18next";
import { Moment } from "../language/moment.tsx";
import type { HistoryKind, HistoryLine } from "./history-view.ts";

const TONES: Partial<Record<HistoryKind, "success" | "warning" | "info">> = {
  acquired: "success",
  acquired_permanent: "success",
  migrated: "success",
  resumed: "success",
  needs_reauth: "warning",
  suspended: "warning",
};

/** What happened to the connection, the latest first. */
export function ConnectionHistory({ lines, timeZone }: { lines: HistoryLine[]; timeZone: string | undefined }) {
  const { t } = useTranslation();
  if (lines.length === 0) {
    return (
      <Card>
        <BlockStack gap="200">
          <Text as="h2" variant="headingMd">
            {t("history.emptyTitle")}
          </Text>
          <Text as="p" tone="subdued">
            {t("history.emptyBody")}
          </Text>
        </BlockStack>
      </Card>
    );
  }
  return (
    <Card>
      <BlockStack gap="400">
        <Text as="h2" variant="headingMd">
          {t("history.heading")}
        </Text>
        <ol className="history">
          {lines.map((line) => (
            <li key={`${line.kind} ${line.at}`}>
              <HistoryItem line={line} timeZone={timeZone} />
            </li>
          ))}
        </ol>
      </BlockStack>
    </Card>
  );
}

function HistoryItem({ line, timeZone }: { line: HistoryLine; timeZone: string | undefined }) {
  const { t } = useTranslation();
  const { kind, count, at, from } = line;
  const title = t(`history.${kind}.title`);
  return (
    <BlockStack gap="050">
      <InlineStack gap="200" blockAlign="center">
        <Badge tone={TONES[kind]}>{count > 1 ? t("history.times", { title, count }) : title}</Badge>
        <Text as="span" variant="bodySm" tone="subdued">
          <Moment at={at} timeZone={timeZone} />
          {from && (
            <>
              {" · "}
              <Trans i18nKey="history.since" components={{ moment: <Moment at={from} timeZone={timeZone} /> }} />
            </>
          )}
        </Text>
      </InlineStack>
      <Text as="p">{t(`history.${kind}.body`)}</Text>
    </BlockStack>
  );
}
