import { Form, useNavigation } from "@remix-run/react";
import { Button, FormLayout, TextField } from "@shopify/polaris";
import { useState } from "react";

/** Asks for the store; the server knows which way to install belongs to the phase. */
export function LoginForm({ shop: initial = "", problem }: { shop?: string; problem?: string }) {
  const [shop, setShop] = useState(initial);
  const isBusy = useNavigation().state !== "idle";
  return (
    <Form method="post" action="/auth/login">
      <FormLayout>
        <TextField
          label="Your store's address"
          name="shop"
          type="text"
          placeholder="my-store.myshopify.com"
          helpText="You find it in your Shopify admin, under Settings, Domains."
          autoComplete="url"
          value={shop}
          onChange={setShop}
          error={problem}
        />
        <Button submit variant="primary" loading={isBusy}>
          Continue to Shopify
        </Button>
      </FormLayout>
    </Form>
  );
}
