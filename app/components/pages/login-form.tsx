import { Form, useNavigation } from "@remix-run/react";
import { Button, FormLayout, TextField } from "@shopify/polaris";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { LoginProblem } from "../../auth/install/shop-login.server.ts";

/** Asks for the store; the server knows which way to install belongs to the phase. */
export function LoginForm({ shop: initial = "", problem }: Partial<LoginProblem>) {
  const [shop, setShop] = useState(initial);
  const { t } = useTranslation();
  const isBusy = useNavigation().state !== "idle";
  return (
    <Form method="post" action="/auth/login">
      <FormLayout>
        <TextField
          label={t("outside.label")}
          name="shop"
          type="text"
          placeholder="my-store.myshopify.com"
          helpText={t("outside.help")}
          autoComplete="url"
          value={shop}
          onChange={setShop}
          error={problem && t(`outside.${problem}`)}
        />
        <Button submit variant="primary" loading={isBusy}>
          {t("outside.submit")}
        </Button>
      </FormLayout>
    </Form>
  );
}
