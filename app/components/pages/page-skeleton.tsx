import { BlockStack, Card, Layout, SkeletonBodyText, SkeletonDisplayText, SkeletonPage, Text } from "@shopify/polaris";
import { useTranslation } from "react-i18next";

/** The outline of the page that is on its way, with its columns and the heights of its cards. */
export function PageSkeleton({ aside }: { aside: boolean }) {
  const { t } = useTranslation();
  return (
    <div role="status">
      <Text as="h1" variant="headingLg" visuallyHidden>
        {t("loading")}
      </Text>
      <SkeletonPage>
        <Layout>
          <Layout.Section>
            <BlockStack gap="400">
              <SkeletonCard lines={4} />
              <SkeletonCard lines={3} />
            </BlockStack>
          </Layout.Section>
          {aside && (
            <Layout.Section variant="oneThird">
              <SkeletonCard lines={3} />
            </Layout.Section>
          )}
        </Layout>
      </SkeletonPage>
    </div>
  );
}

function SkeletonCard({ lines }: { lines: number }) {
  return (
    <Card>
      <BlockStack gap="400">
        <SkeletonDisplayText size="small" />
        <SkeletonBodyText lines={lines} />
      </BlockStack>
    </Card>
  );
}
