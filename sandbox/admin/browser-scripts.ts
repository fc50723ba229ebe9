import type { Addresses } from "./addresses.ts";
import { bundleBrowserScript } from "./bundle-browser-script.ts";

const APP_BRIDGE_FILES = [
  "bridge",
  "navigation",
  "fetch",
  "mirror",
  "nav-menu",
  "title-bar",
  "save-bar",
  "modal",
  "main",
];
const SHELL_FILES = ["dialog", "frame", "chrome", "save-bar", "toast", "resource-picker", "scopes", "notice", "main"];

/** The stand-in for https://cdn.shopify.com/shopifycloud/app-bridge.js, for browsers that use these addresses. */
export function appBridgeScript(appUrl: string, addresses: Addresses): string {
  const settings = {
    admin: addresses.admin,
    app: addresses.app,
    publicApp: new URL(appUrl).origin,
    shop: addresses.shop("{shop}"),
  };
  return bundleBrowserScript(
    APP_BRIDGE_FILES.map((name) => `app-bridge/${name}`),
    `const BRIDGE_SETTINGS = ${JSON.stringify(settings)};`,
  );
}

/** What the Admin page around the app runs. */
export function shellScript(): string {
  return bundleBrowserScript(SHELL_FILES.map((name) => `shell/${name}`));
}

/** What the control page runs. */
export function controlScript(): string {
  return bundleBrowserScript(["control/main"]);
}
