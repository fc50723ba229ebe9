import { type Addresses, storeHandle } from "../addresses.ts";
import type { AppView } from "../app-view.ts";
import type { ShopSummary } from "../../client.ts";
import { html, type Html } from "./html.ts";
import { appsIcon, bagIcon, controlIcon, homeIcon } from "./icons.ts";

/**
 * A whole document of the simulator's.
 * @param o.base where its style sheet and scripts are served.
 * @param o.icon colour of the tab's icon.
 */
export function document(title: string, body: Html, o: { base: string; script?: string; icon?: string }): string {
  const { base, script, icon = "%232ae0b0" } = o;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link
          rel="icon"
          href="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect width='16' height='16' rx='4' fill='${icon}'/></svg>"
        />
        <link rel="stylesheet" href="${base}/-/admin.css" />
      </head>
      <body>
        ${body} ${script ? html`<script src="${base}/-/${script}"></script>` : ""}
      </body>
    </html>`.markup;
}

/** Finds stores by their name. */
export function searchForm(action: string, search: string): Html {
  return html`<form class="toolbar" method="get" action="${action}" role="search">
    <input
      class="input"
      type="search"
      name="search"
      value="${search}"
      placeholder="Search stores"
      aria-label="Search stores"
    />
    <button class="button">Search</button>
  </form>`;
}

export interface ChromeInput {
  addresses: Addresses;
  controlUrl: string;
  app: AppView;
  shop: ShopSummary;
  current: "home" | "app" | "apps";
}

/** Top bar and navigation of a store's Admin around `content`. */
export function adminChrome(input: ChromeInput, content: Html): Html {
  const { addresses, app, shop, current, controlUrl } = input;
  const store = `${addresses.admin}/store/${storeHandle(shop.shop)}`;
  const initials = shop.name
    .split(/\s+/)
    .map((word) => word[0] ?? "")
    .join("")
    .slice(0, 2)
    .toUpperCase();
  return html`<a class="skip-link" href="#content">Skip to content</a>
    <div class="shell">
      <header class="topbar">
        <a class="brand" href="${store}">${bagIcon} Admin <small>simulator</small></a>
        <div class="savebar" id="save-bar" role="region" aria-label="Unsaved changes" hidden>
          <span>Unsaved changes</span>
          <button type="button" class="button dark" id="save-bar-discard">Discard</button>
          <button type="button" class="button light" id="save-bar-save">Save</button>
        </div>
        <div class="topbar-end">
          <span class="avatar">${shop.name} <b aria-hidden="true">${initials}</b></span>
        </div>
      </header>
      <div class="columns">
        <nav class="sidebar" aria-label="Admin">
          <a href="${store}" ${current === "home" ? html`aria-current="page"` : ""}>${homeIcon} Home</a>
          <a href="${store}/apps" ${current === "apps" ? html`aria-current="page"` : ""}>${appsIcon} Apps</a>
          ${
            shop.installed &&
            html`<h2>Installed</h2>
              <a id="app-home" href="${store}/apps/${app.handle}" ${current === "app" ? html`aria-current="page"` : ""}>
                <span class="app-icon" aria-hidden="true">${app.name[0] ?? "A"}</span> ${app.name}
              </a>
              <ul class="sub" id="app-nav" aria-label="${app.name}"></ul>`
          }
          <div class="sidebar-end">
            <a href="${addresses.admin}/">${bagIcon} All stores</a>
            <a href="${controlUrl}">${controlIcon} Simulator control</a>
          </div>
        </nav>
        <main class="content" id="content" tabindex="-1">${content}</main>
      </div>
    </div>`;
}

/** How a shop stands, as a badge. */
export function stateBadge(shop: Pick<ShopSummary, "installed" | "standing">): Html {
  if (shop.standing === "open") {
    return shop.installed
      ? html`<span class="badge good">Installed</span>`
      : html`<span class="badge">Not installed</span>`;
  }
  const label = `${shop.standing.slice(0, 1).toUpperCase()}${shop.standing.slice(1)}`;
  return html`<span class="badge ${shop.standing === "closed" ? "bad" : "warn"}">${label}</span>`;
}
