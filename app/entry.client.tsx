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

// The other pages' code, before it is needed: a page that is opened after the next deployment, or while the network is away, would find none,
// and Remix would load the document again, into an error page of the browser.
if (window.location.pathname.startsWith("/app")) {
  for (const { id, module } of Object.values(window.__remixManifest.routes)) {
    if (id.startsWith("routes/app")) import(/* @vite-ignore */ module).catch(() => {});
  }
}
