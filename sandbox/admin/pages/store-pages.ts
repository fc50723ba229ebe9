import { type Addresses, storeHandle } from "../addresses.ts";
import type { AppView } from "../app-view.ts";
import type { ShopSummary } from "../../client.ts";
import { adminChrome, document, searchForm, stateBadge, type ChromeInput } from "./admin-page.ts";
import { html } from "./html.ts";
import { bagIcon } from "./icons.ts";

export interface StoreListInput {
  addresses: Addresses;
  controlUrl: string;
  app: AppView;
  shops: ShopSummary[];
  total: number;
  page: number;
  perPage: number;
  search: string;
}

/** The stores that the simulator knows: where a person chooses whose merchant to be. */
export function storeListPage(input: StoreListInput): string {
  const { addresses, app, shops, total, page, perPage, search } = input;
  const pages = Math.max(1, Math.ceil(total / perPage));
  const link = (to: number) => `${addresses.admin}/?${new URLSearchParams({ search, page: String(to) }).toString()}`;
  const body = html`<header class="topbar">
      <a class="brand" href="${addresses.admin}/">${bagIcon} Admin <small>simulator</small></a>
      <span></span>
      <div class="topbar-end"><a href="${input.controlUrl}">Simulator control</a></div>
    </header>
    <main class="page" id="content">
      <header>
        <h1>Choose a store</h1>
        <span class="soft">${total} ${total === 1 ? "store" : "stores"} · ${app.name}</span>
      </header>
      <section class="card flush" aria-label="Stores">
        ${searchForm(`${addresses.admin}/`, search)}
        <table>
          <thead>
            <tr>
              <th scope="col">Store</th>
              <th scope="col">Plan</th>
              <th scope="col">${app.name}</th>
              <th scope="col"><span class="visually-hidden">Open</span></th>
            </tr>
          </thead>
          <tbody>
            ${shops.map(
              (shop) =>
                html`<tr>
                  <td>
                    <a href="${addresses.admin}/store/${storeHandle(shop.shop)}">${shop.name}</a><br /><span
                      class="soft"
                      >${shop.shop}</span
                    >
                  </td>
                  <td>${shop.plan}</td>
                  <td>${stateBadge(shop)}</td>
                  <td class="end">
                    <a class="button" href="${addresses.admin}/store/${storeHandle(shop.shop)}/apps/${app.handle}"
                      >${shop.installed ? "Open the app" : "Install"}<span class="visually-hidden">
                        (${shop.name})</span
                      ></a
                    >
                  </td>
                </tr>`,
            )}
          </tbody>
        </table>
        ${shops.length === 0 && html`<p class="toolbar soft">No store matches. Add one on the control page.</p>`}
        <nav class="pager" aria-label="Pages">
          <span class="soft">Page ${page} of ${pages}</span>
          <span class="actions">
            ${page > 1 && html`<a class="button" href="${link(page - 1)}" rel="prev">Previous</a>`}
            ${page < pages && html`<a class="button" href="${link(page + 1)}" rel="next">Next</a>`}
          </span>
        </nav>
      </section>
    </main>`;
  return document("Stores", body, { base: addresses.admin });
}

/** A store's home: what it is, and its apps. */
export function storeHomePage(input: ChromeInput): string {
  const { addresses, app, shop } = input;
  const appPath = `${addresses.admin}/store/${storeHandle(shop.shop)}/apps/${app.handle}`;
  const content = html`<div class="page">
    <header><h1>${input.current === "apps" ? "Apps" : shop.name}</h1></header>
    ${
      input.current === "home" &&
      html`<section class="card">
        <h2>Store</h2>
        <p>${shop.shop}</p>
        <p class="soft">${shop.plan} plan</p>
      </section>`
    }
    <section class="card" aria-labelledby="app-card">
      <div class="row">
        <span class="app-icon large" aria-hidden="true">${app.name[0] ?? "A"}</span>
        <div class="grow">
          <h2 id="app-card">${app.name}</h2>
          <p>${stateBadge(shop)}</p>
        </div>
        ${
          shop.installed
            ? html`<form method="post" action="${appPath}/-/uninstall">
                  <button class="button critical">Uninstall</button>
                </form>
                <a class="button primary" href="${appPath}">Open</a>`
            : html`<a class="button primary" href="${appPath}">Install</a>`
        }
      </div>
    </section>
  </div>`;
  return document(`${shop.name} · Admin`, adminChrome(input, content), { base: addresses.admin });
}
