import type { Addresses } from "../addresses.ts";
import { document } from "./admin-page.ts";
import { html, type Html } from "./html.ts";

export interface GrantPageInput {
  addresses: Addresses;
  appName: string;
  shop: string;
  shopName?: string;
  scopes: string[];
  /** Where agreeing goes; left out, to the page's own address. */
  action?: string;
  /** Where declining goes. */
  cancelUrl: string;
  /** The app is installed and asks for more. */
  update?: boolean;
}

/** The page on which a merchant grants scopes: before a managed install, or in the authorization code grant. */
export function grantPage(input: GrantPageInput): string {
  const { appName, shop, scopes, update } = input;
  const verb = update ? "Update" : "Install";
  const body = html`<main class="centered">
    <section class="card">
      <div class="row">
        <span class="app-icon large" aria-hidden="true">${appName[0] ?? "A"}</span>
        <div>
          <h1>${verb} ${appName}</h1>
          <p class="soft">${input.shopName ? `${input.shopName} · ${shop}` : shop}</p>
        </div>
      </div>
      <p style="margin-top: 16px">${appName} will be able to:</p>
      <ul class="scope-list">
        ${scopes.length === 0 ? html`<li>See your store’s name and plan</li>` : scopes.map((scope) => scopeLine(scope))}
      </ul>
      <form method="post" ${input.action && html`action="${input.action}"`}>
        <footer>
          <a class="button" href="${input.cancelUrl}">Cancel</a>
          <button class="button primary">${verb}</button>
        </footer>
      </form>
    </section>
  </main>`;
  return document(`${verb} ${appName}`, body, { base: input.addresses.admin });
}

/** `write_products` → "View and edit products" with the scope's own name beside it. */
function scopeLine(scope: string): Html {
  const [access = "", ...rest] = scope.replace(/^unauthenticated_/, "").split("_");
  const object = rest.join(" ");
  const words = access === "write" ? `View and edit ${object}` : access === "read" ? `View ${object}` : scope;
  return html`<li>${words} <span class="soft">${words === scope ? "" : scope}</span></li>`;
}
