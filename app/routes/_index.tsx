import { redirect, type LoaderFunctionArgs, type MetaFunction } from "@remix-run/node";
import { BlockStack, Text } from "@shopify/polaris";
import { LoginForm } from "../components/login-form.tsx";
import { requireParameters } from "../auth/token-error-response.server.ts";
import { OutsidePage } from "../components/outside-page.tsx";
import { polarisLinks } from "../components/polaris-styles.ts";

export const meta: MetaFunction = () => [{ title: "Expand, then contract" }];
export const links = polarisLinks;

/** Shopify opens the app at its root address; people without a shop in the address get the login form. */
export function loader({ request }: LoaderFunctionArgs) {
  const parameters = requireParameters(request);
  if (parameters.get("shop")) throw redirect(`/app?${parameters.all()}`);
  return null;
}

export default function Landing() {
  return (
    <OutsidePage title="A connection to Shopify that renews itself">
      <BlockStack gap="400">
        <Text as="p" variant="bodyMd">
          Install the app in your Shopify store, or open it where it is installed already.
        </Text>
        <LoginForm />
      </BlockStack>
    </OutsidePage>
  );
}
