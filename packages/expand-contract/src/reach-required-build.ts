import { createRequire } from "node:module";
import type { setAbstractFetchFunc } from "@shopify/shopify-api/runtime";
import { reachOtherBuild } from "../../../app/tokens/index.ts";

/**
 * @shopify/shopify-api comes in two builds, each with a fetch of its own. @shopify/shopify-app-express has no ES module, so in an app that is
 * not bundled it requires the CommonJS one, and this package imports the other. Both get the fetch that ends in time and asks nothing about a
 * shop that a stranger names.
 */
export function reachRequiredBuild(): void {
  try {
    const runtime: unknown = createRequire(import.meta.url)("@shopify/shopify-api/runtime");
    reachOtherBuild((runtime as { setAbstractFetchFunc: typeof setAbstractFetchFunc }).setAbstractFetchFunc);
  } catch {
    // A bundle without node_modules has one build.
  }
}
