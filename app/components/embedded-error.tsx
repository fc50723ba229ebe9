import { useRevalidator, useRouteError } from "@remix-run/react";
import { Banner, Box, Button, Page } from "@shopify/polaris";
import { pageProblemOf } from "../auth/page-problem.ts";

/**
 * The error boundary of embedded pages: says what happened and what to do, inside the app's own frame.
 * @param retry what "Try again" does; unless told, the page's data is loaded again.
 */
export function EmbeddedError({ retry }: { retry?: () => void }) {
  const { title, detail, retryable } = pageProblemOf(useRouteError());
  const { revalidate, state } = useRevalidator();
  return (
    <Page>
      <Banner tone="warning" title={title}>
        <p>{detail}</p>
        {retryable && (
          <Box paddingBlockStart="200">
            <Button onClick={retry ?? revalidate} loading={state === "loading"}>
              Try again
            </Button>
          </Box>
        )}
      </Banner>
    </Page>
  );
}
