import { useRevalidator, useRouteError } from "@remix-run/react";
import { Banner, Box, Button, Page } from "@shopify/polaris";
import { pageProblemOf } from "./page-problem.ts";

/** The error boundary of embedded pages: says what happened and what to do, inside the app's own frame. */
export function EmbeddedError() {
  const { title, detail, retryable } = pageProblemOf(useRouteError());
  const { revalidate, state } = useRevalidator();
  return (
    <Page>
      <Banner tone="warning" title={title}>
        <p>{detail}</p>
        {retryable && (
          <Box paddingBlockStart="200">
            <Button onClick={revalidate} loading={state === "loading"}>
              Try again
            </Button>
          </Box>
        )}
      </Banner>
    </Page>
  );
}
