import { redirect, type LoaderFunctionArgs } from "@remix-run/node";
import { BlockStack, Text } from "@shopify/polaris";
import { leaveFrame, requireParameters } from "../auth/token-error-response.server.ts";
import { useTranslation } from "react-i18next";
import { LoginForm } from "../components/pages/login-form.tsx";
import { OutsidePage } from "../components/pages/outside-page.tsx";
import { polarisLinks } from "../components/pages/polaris-styles.ts";
import { pageTitle } from "../components/language/page-title.ts";

export const meta = pageTitle((messages) => messages.outside.title);

export const links = polarisLinks;

/** Shopify opens the app at its root address; people without a shop in the address get the login form. */
export function loader({ request }: LoaderFunctionArgs) {
  const parameters = requireParameters(request);
  if (parameters.get("shop")) throw redirect(`/app?${parameters.all()}`);
  leaveFrame(request);
  return null;
}

export default function Landing() {
  const { t } = useTranslation();
  return (
    <OutsidePage title={t("outside.title")}>
      <BlockStack gap="400">
        <Text as="p" variant="bodyMd">
          {t("outside.body")}
        </Text>
        <LoginForm />
      </BlockStack>
    </OutsidePage>
  );
}
