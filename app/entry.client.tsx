import { RemixBrowser } from "@remix-run/react";
import { startTransition, StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";

// The mark of a document that came by way of the bounce page: it has done its work, and would otherwise stay in the Admin's address.
const address = new URL(window.location.href);
if (address.searchParams.has("bounced")) {
  address.searchParams.delete("bounced");
  window.history.replaceState(window.history.state, "", address);
}

startTransition(() => {
  hydrateRoot(
    document,
    <StrictMode>
      <RemixBrowser />
    </StrictMode>,
  );
});
