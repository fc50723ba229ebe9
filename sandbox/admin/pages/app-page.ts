import { storeHandle } from "../addresses.ts";
import type { ShellData } from "../browser/shell/dialog.ts";
import { adminChrome, document, type ChromeInput } from "./admin-page.ts";
import { html, jsonScript } from "./html.ts";

export interface AppPageInput extends Omit<ChromeInput, "current"> {
  /** Where the frame starts: the app's address with the signed query. */
  frameUrl: string;
  homePath: string;
}

/** The Admin with the app in a frame. */
export function appPage(input: AppPageInput): string {
  const { addresses, app, shop } = input;
  const storePath = `/store/${storeHandle(shop.shop)}`;
  const data: ShellData = {
    shop: shop.shop,
    storePath,
    appPath: `${storePath}/apps/${app.handle}`,
    appName: app.name,
    appOrigin: addresses.app,
    publicAppOrigin: new URL(app.url).origin,
    adminOrigin: addresses.admin,
    shopPrefix: addresses.shop("{shop}"),
    homePath: input.homePath,
    labels: { store: shop.name },
  };
  const content = html`<header class="app-header">
      <h1>
        <span class="app-icon" aria-hidden="true">${app.name[0] ?? "A"}</span>
        <span>${app.name}</span>
        <span class="separator" id="title-separator" aria-hidden="true" hidden>/</span>
        <span id="page-title"></span>
      </h1>
      <div class="actions" id="page-actions"></div>
    </header>
    <div class="notice" id="notice" role="status" hidden></div>
    <div class="app-region" id="app-region" aria-busy="true">
      <div class="progress" id="progress" role="progressbar" aria-label="Loading"></div>
      <div class="skeleton" id="skeleton" aria-hidden="true"><i></i><i></i><i></i></div>
      <iframe
        id="app-frame"
        name="app-iframe"
        title="${app.name}"
        data-src="${input.frameUrl}"
        allow="clipboard-write"
      ></iframe>
    </div>`;
  const body = html`${adminChrome({ ...input, current: "app" }, content)}
    <div class="dim" id="dim" hidden></div>
    <div class="toasts" id="toasts" role="status" aria-live="polite"></div>
    ${jsonScript("shell-data", data)}`;
  return document(`${app.name} · ${shop.name}`, body, { base: addresses.admin, script: "shell.js" });
}
