import type { PairView, ShopView, WebhookDelivery } from "../../platform/types.ts";
import { storeHandle } from "../addresses.ts";
import { stateBadge } from "../pages/admin-page.ts";
import { html, type Html } from "../pages/html.ts";
import { actionButton, controlDocument, readableTime, select, type ControlView } from "./control-chrome.ts";
import { fingerprint } from "./fingerprint.ts";

const MOST_DELIVERIES = 5;
const TOPICS = ["app/uninstalled", "app/scopes_update", "customers/data_request", "customers/redact", "shop/redact"];

/** One shop: its tokens, what happened to it, and what can be done to it. */
export function shopPage(view: ControlView & { shop: ShopView; deliveries: WebhookDelivery[] }): string {
  const { shop, app, addresses } = view;
  const to = (action: string, more: Record<string, string> = {}) => ({ action, shop: shop.shop, ...more });
  const body = html`<p><a href="/">All stores</a></p>
    <header data-live="title">
      <h1>${shop.name}</h1>
      ${stateBadge(shop)}
      <span class="soft">${shop.shop} · ${shop.plan}</span>
      ${
        addresses &&
        html`<a class="button primary" href="${addresses.admin}/store/${storeHandle(shop.shop)}/apps/${app.handle}"
          >${shop.installed ? "Open the app" : "Install as the merchant"}</a
        >`
      }
    </header>
    <div class="two">
      <section class="card">
        <h2>Timeline</h2>
        <ol class="timeline" data-live="timeline">
          ${shop.timeline.length === 0 && html`<li class="soft">Nothing has happened yet.</li>`}
          ${shop.timeline.toReversed().map(
            (entry) =>
              html`<li>
                <time datetime="${entry.at}">${readableTime(entry.at)}</time>
                <span
                  >${entry.type.replaceAll("_", " ")}
                  ${entry.tokens?.map((id) => html`<span class="badge">#${id}</span> `)}
                  ${entry.detail && html`<span class="soft">${entry.detail.replaceAll("_", " ")}</span>`}</span
                >
              </li>`,
          )}
        </ol>
      </section>
      <div class="stack">
        <section class="card">
          <h2>Tokens that Shopify holds good</h2>
          <div data-live="tokens">${tokens(shop)}</div>
        </section>
        <section class="card">
          <h2>The app</h2>
          <div class="actions" data-live="install">
            ${
              shop.installed
                ? [
                    actionButton("Uninstall", to("uninstall"), { kind: "critical" }),
                    actionButton("End all tokens", to("revoke"), { title: "As after a leak: the app stays installed" }),
                  ]
                : [
                    actionButton("Install", to("install"), {
                      kind: "primary",
                      title: "Shopify-managed: no token until the app is opened",
                    }),
                    actionButton("Install with a permanent token", to("install", { token: "permanent" })),
                  ]
            }
          </div>
        </section>
        <section class="card">
          <h2>The shop</h2>
          <div class="actions" data-live="standing">
            ${
              shop.standing === "open"
                ? [
                    actionButton("Freeze", to("freeze")),
                    actionButton("Lock", to("lock")),
                    actionButton("Close", to("close")),
                  ]
                : actionButton("Reopen", to("reopen"), { kind: "primary" })
            }
          </div>
        </section>
        <section class="card">
          <h2>Send a webhook</h2>
          <form method="post" action="/-/do" class="actions">
            <input type="hidden" name="action" value="webhook" />
            <input type="hidden" name="shop" value="${shop.shop}" />
            ${select(
              "topic",
              "Topic",
              TOPICS.map((topic) => [topic, topic] as const),
            )}
            <button class="button">Send</button>
          </form>
          <div data-live="webhooks">${deliveryList(view.deliveries)}</div>
        </section>
        <section class="card" data-live="scopes">
          <h2>Scopes</h2>
          <p>
            ${shop.scopes.length ? shop.scopes.map((scope) => html`<code>${scope}</code> `) : html`<span class="soft">None</span>`}
          </p>
        </section>
      </div>
    </div>`;
  return controlDocument(`${shop.name} · Simulator control`, view, body);
}

/** The last webhooks of the shop, newest first, each of which can be sent again. */
function deliveryList(deliveries: WebhookDelivery[]): Html {
  if (deliveries.length === 0) return html``;
  return html`<ul class="timeline spaced">
    ${deliveries
      .slice(-MOST_DELIVERIES)
      .toReversed()
      .map((delivery) => {
        const last = delivery.attempts.at(-1);
        const tone = delivery.state === "delivered" ? "good" : delivery.state === "failed" ? "bad" : "warn";
        return html`<li class="row">
          <span class="grow">${delivery.topic}</span>
          <span class="badge ${tone}" title="${delivery.attempts.length} attempts"
            >${last?.status ?? last?.error ?? delivery.state}</span
          >
          ${actionButton("Again", { action: "replay", id: delivery.id }, { title: `Send ${delivery.topic} again` })}
        </li>`;
      })}
  </ul>`;
}

function tokens(shop: ShopView): Html {
  const { permanentToken, migration, pair, previousPair } = shop;
  if (!permanentToken && !migration && !pair) return html`<p class="soft">None.</p>`;
  return html`<dl class="facts">
    ${
      permanentToken &&
      html`<dt>Permanent</dt>
        <dd><code>${fingerprint(permanentToken)}</code></dd>`
    }
    ${
      migration &&
      html`<dt>Permanent, spent</dt>
        <dd>
          <code>${fingerprint(migration.permanentToken)}</code> retry until ${readableTime(migration.retryUntil)}
        </dd>`
    }
    ${pair && pairRows("Pair", pair)} ${previousPair && pairRows("Pair before", previousPair)}
  </dl>`;
}

function pairRows(label: string, pair: PairView): Html {
  return html`<dt>${label}: access</dt>
    <dd>
      <code>${fingerprint(pair.accessToken)}</code> #${pair.accessTokenId}, until
      ${readableTime(pair.accessTokenExpiresAt)}
    </dd>
    <dt>${label}: refresh</dt>
    <dd>
      <code>${fingerprint(pair.refreshToken)}</code> #${pair.refreshTokenId}, until
      ${readableTime(pair.refreshTokenExpiresAt)}
    </dd>`;
}
