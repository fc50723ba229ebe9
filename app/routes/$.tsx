import { BlockStack, InlineStack, Link, Text } from "@shopify/polaris";
import { useTranslation } from "react-i18next";
import { pageTitle } from "../components/language/page-title.ts";
import { OutsidePage } from "../components/pages/outside-page.tsx";
import { polarisLinks } from "../components/pages/polaris-styles.ts";

export const meta = pageTitle((messages) => messages.problem.not_found.title);
export const links = polarisLinks;

/** Any other address. A route of its own, so that its page is rendered with the language of the document. */
export const loader = () => {
  throw new Response(null, { status: 404 });
};
export const action = loader;

export default function NotFound() {
  return null;
}

export function ErrorBoundary() {
  const { t } = useTranslation();
  return (
    <OutsidePage title={t("problem.not_found.title")}>
      <BlockStack gap="400">
        <Text as="p">{t("problem.not_found.detail")}</Text>
        <InlineStack>
          <Link url="/">{t("outside.notFoundLink")}</Link>
        </InlineStack>
      </BlockStack>
    </OutsidePage>
  );
}
