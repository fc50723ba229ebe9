import { Badge, BlockStack, Card, InlineStack, Text } from "@shopify/polaris";
import type { ReactNode } from "react";
import { Trans, useTranslation } from "react-i18next";
import { Moment, nameOfTimeZone } from "../language/moment.tsx";
import { useDocumentData } from "../language/page-language.tsx";
import type { ConnectionKind, ConnectionView } from "./connection-view.ts";

const TONES: Record<ConnectionKind, "success" | "info" | "warning" | "attention"> = {
  new: "success",
  connected: "success",
  lasting: "success",
  upgrade_planned: "success",
  upgrading: "info",
  paused: "warning",
  attention: "attention",
};

interface ConnectionCardProps {
  connection: ConnectionView;
  timeZone: string | undefined;
  /** With when and how it is renewed, for the curious and for support. */
  detailed?: boolean;
  children?: ReactNode;
}

/** How the store is connected and since when, in a merchant's words. */
export function ConnectionCard({ connection, timeZone, detailed = false, children }: ConnectionCardProps) {
  const { t } = useTranslation();
  const locale = useDocumentData()?.locale ?? "en";
  const { kind } = connection;
  const facts = factsOf(connection, detailed);
  return (
    <Card>
      <BlockStack gap="400">
        <BlockStack gap="200">
          <InlineStack gap="200" blockAlign="center">
            <Text as="h2" variant="headingMd">
              {t(`connection.${kind}.title`)}
            </Text>
            <Badge tone={TONES[kind]}>{t(`connection.${kind}.badge`)}</Badge>
          </InlineStack>
          <Text as="p" variant="bodyMd">
            {t(`connection.${kind}.summary`)}
          </Text>
        </BlockStack>
        <dl className="facts">
          {facts.map(({ label, at, text, precision }) => (
            <div key={label}>
              <Text as="dt" variant="bodyMd" tone="subdued">
                {t(`fact.${label}`)}
              </Text>
              <dd>
                {text && at ? (
                  <Trans i18nKey={`fact.${text}`} components={{ moment: <Moment at={at} timeZone={timeZone} /> }} />
                ) : at ? (
                  <Moment at={at} timeZone={timeZone} precision={precision} />
                ) : (
                  t(`fact.${text}`)
                )}
              </dd>
            </div>
          ))}
        </dl>
        {detailed && (
          <Text as="p" variant="bodySm" tone="subdued">
            <span suppressHydrationWarning>{t("fact.zone", { zone: nameOfTimeZone(locale, timeZone) })}</span>
          </Text>
        )}
        {children}
      </BlockStack>
    </Card>
  );
}

interface Fact {
  label: string;
  at?: string;
  text?: string;
  precision?: "day" | "minute";
}

function factsOf(connection: ConnectionView, detailed: boolean): Fact[] {
  const { kind, since, pausedSince, renewedAt, renewsFrom, lastsUntil } = connection;
  const facts: (Fact | false | undefined)[] = [
    kind === "paused" && { label: "pausedSince", at: pausedSince },
    since ? { label: "since", at: since, precision: "day" } : { label: "since", text: "beforeHistory" },
  ];
  if (detailed) {
    facts.push(
      (renewedAt !== undefined || renewsFrom !== undefined) && {
        label: "renewed",
        at: renewedAt,
        text: renewedAt ? undefined : "renewedNever",
      },
      renewsFrom !== undefined && { label: "next", at: renewsFrom, text: "nextValue" },
      lastsUntil !== undefined && { label: "unused", at: lastsUntil, text: "unusedValue" },
    );
  }
  return facts.filter((fact) => fact !== false && fact !== undefined);
}
