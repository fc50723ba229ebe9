import type { LinksFunction } from "@remix-run/node";
import stylesheet from "@shopify/polaris/build/esm/styles.css?url";

/** Polaris's stylesheet, for the routes that use its components. */
export const polarisLinks: LinksFunction = () => [{ rel: "stylesheet", href: stylesheet }];
