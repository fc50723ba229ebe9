import type { LinksFunction } from "@remix-run/node";
import polaris from "@shopify/polaris/build/esm/styles.css?url";
import own from "./page.css?url";

/** Polaris's stylesheet and what little is our own, for the routes that use its components. */
export const polarisLinks: LinksFunction = () => [
  { rel: "stylesheet", href: polaris },
  { rel: "stylesheet", href: own },
];
