import type { LedgerSummary, ShopSummary } from "../../client.ts";
import type { Choices } from "../../platform/choices.ts";
import type { Fault } from "../../platform/types.ts";
import { storeHandle } from "../addresses.ts";
import { searchForm, stateBadge } from "../pages/admin-page.ts";
import { html, type Html } from "../pages/html.ts";
import { CHOICE_VALUES } from "./choice-values.ts";
import { actionButton, controlDocument, select, type ControlView } from "./control-chrome.ts";
import { describeEffect, NAMED_FAULTS } from "../../platform/named-faults.ts";

export interface OverviewInput extends ControlView {
  shops: ShopSummary[];
  total: number;
  search: string;
  page: number;
  perPage: number;
  choices: Choices;
  faults: Fault[];
  summary: LedgerSummary;
}

const HOUR_MS = 3_600_000;
const JUMPS = [
  ["1 h", HOUR_MS],
  ["7 days", 7 * 24 * HOUR_MS],
  ["30 days", 30 * 24 * HOUR_MS],
  ["90 days", 90 * 24 * HOUR_MS],
] as const;

/** All shops, and what holds for the whole simulator: clock, enforcement, faults, undocumented behaviours. */
export function overviewPage(input: OverviewInput): string {
  const { shops, total, search, page, perPage, app } = input;
  const pages = Math.max(1, Math.ceil(total / perPage));
  const link = (to: number) => `/?${new URLSearchParams({ search, page: String(to) }).toString()}`;
  const body = html`<header>
      <h1>${app.name}</h1>
      <span class="soft">${app.url}</span>
    </header>
    ${numbers(input)}
    <div class="two">
      <section class="card flush" aria-label="Stores">
        ${searchForm("/", search)}
        <div data-live="shops">
          <table>
            <thead>
              <tr>
                <th scope="col">Store</th>
                <th scope="col">State</th>
                <th scope="col">Tokens</th>
                <th scope="col"><span class="visually-hidden">Actions</span></th>
              </tr>
            </thead>
            <tbody>
              ${shops.map((shop) => shopRow(shop, input))}
            </tbody>
          </table>
          ${shops.length === 0 && html`<p class="toolbar soft">No store matches.</p>`}
          <nav class="pager" aria-label="Pages">
            <span class="soft">${total} ${total === 1 ? "store" : "stores"} · page ${page} of ${pages}</span>
            <span class="actions">
              ${page > 1 && html`<a class="button" href="${link(page - 1)}" rel="prev">Previous</a>`}
              ${page < pages && html`<a class="button" href="${link(page + 1)}" rel="next">Next</a>`}
            </span>
          </nav>
        </div>
        <form class="toolbar" method="post" action="/-/do">
          <input type="hidden" name="action" value="add-shop" />
          <input class="input" name="name" required placeholder="New store" aria-label="Name of a new store" />
          <button class="button">Add store</button>
        </form>
      </section>
      <div class="stack">
        ${clockCard()} ${enforcementCard(input.choices)} ${faultCard(input.faults)} ${choicesCard(input.choices)}
      </div>
    </div>`;
  return controlDocument("Simulator control", input, body);
}

function numbers({ summary }: OverviewInput): Html {
  const facts: [string, number, boolean][] = [
    ["Installed", summary.installed, false],
    ["Permanent tokens", summary.permanentTokensLive, false],
    ["Expiring pairs", summary.pairsLive, false],
    ["Token calls", Object.values(summary.tokenCalls).reduce((sum, count) => sum + count, 0), false],
    ["Overlapping writers", summary.overlaps, true],
    ["Used after end", summary.usedAfterEnd, true],
    ["Retry-After broken", summary.retryAfterBroken, true],
    ["Secrets seen", summary.secretSightings, true],
  ];
  return html`<dl class="card numbers" data-live="numbers">
    ${facts.map(
      ([label, count, shouldBeZero]) =>
        html`<div>
          <dt>${label}</dt>
          <dd class="${shouldBeZero && count > 0 ? "bad" : ""}">${count}</dd>
        </div>`,
    )}
  </dl>`;
}

const TOKEN_BADGES: Record<ShopSummary["token"], Html> = {
  none: html`<span class="badge">None</span>`,
  permanent: html`<span class="badge warn">Permanent</span>`,
  expiring: html`<span class="badge good">Expiring</span>`,
  both: html`<span class="badge warn">Permanent</span> <span class="badge good">Expiring</span>`,
};

function shopRow(shop: ShopSummary, { app, addresses }: ControlView): Html {
  return html`<tr>
    <td><a href="/shops/${shop.shop}">${shop.name}</a><br /><span class="soft">${shop.shop}</span></td>
    <td>${stateBadge(shop)}</td>
    <td>${TOKEN_BADGES[shop.token]}</td>
    <td class="end">
      <div class="actions end">
        ${
          shop.installed
            ? addresses &&
              html`<a class="button" href="${addresses.admin}/store/${storeHandle(shop.shop)}/apps/${app.handle}"
                >Open<span class="visually-hidden"> ${app.name} on ${shop.name}</span></a
              >`
            : actionButton("Install", { action: "install", shop: shop.shop })
        }
      </div>
    </td>
  </tr>`;
}

function clockCard(): Html {
  return html`<section class="card">
    <h2>Jump in time</h2>
    <div class="actions">${JUMPS.map(([label, ms]) => actionButton(label, { action: "advance", ms: String(ms) }))}</div>
  </section>`;
}

function enforcementCard(choices: Choices): Html {
  const labels = { on: "Refused", off: "Accepted", "by-date": "By date" };
  return html`<section class="card" data-live="enforcement">
    <h2>Permanent tokens at the Admin API</h2>
    <div class="actions">
      ${CHOICE_VALUES.enforcement.values.map((value) =>
        actionButton(
          labels[value],
          { action: "choices", enforcement: value },
          { kind: value === choices.enforcement ? "primary" : undefined },
        ),
      )}
    </div>
  </section>`;
}

function faultCard(faults: Fault[]): Html {
  return html`<section class="card">
    <h2>Faults</h2>
    <form method="post" action="/-/do" class="stack tight">
      <input type="hidden" name="action" value="add-fault" />
      ${select(
        "preset",
        "Fault",
        Object.entries(NAMED_FAULTS).map(([value, { label }]) => [value, label] as const),
      )}
      <div class="actions">
        ${select("endpoint", "Where", [
          ["token", "token endpoint"],
          ["graphql", "Admin API"],
          ["", "everywhere"],
        ])}
        ${select("grant", "Grant", [
          ["", "any grant"],
          ["migration", "migration"],
          ["refresh", "refresh"],
          ["id_token", "ID token exchange"],
          ["authorization_code", "authorization code"],
        ])}
      </div>
      <div class="actions">
        <input
          class="input short"
          name="percent"
          type="number"
          min="1"
          max="100"
          placeholder="100 %"
          aria-label="Percent of calls"
        />
        <input class="input short" name="times" type="number" min="1" placeholder="times" aria-label="How often" />
        <input class="input" name="shop" placeholder="all shops (* allowed)" aria-label="Shop" />
        <button class="button primary">Switch on</button>
      </div>
    </form>
    <div data-live="faults">
      ${
        faults.length > 0 &&
        html`<ul class="timeline">
            ${faults.map(
              (fault) =>
                html`<li class="row">
                  <span class="grow"
                    >${fault.effect ? describeEffect(fault.effect) : "script"}
                    <span class="soft"
                      >${[fault.endpoint, fault.grant, fault.shop].flat().filter(Boolean).join(", ")}</span
                    ></span
                  >
                  ${actionButton("Switch off", { action: "remove-fault", id: fault.id ?? "" })}
                </li>`,
            )}
          </ul>
          ${actionButton("All off", { action: "clear-faults" })}`
      }
    </div>
  </section>`;
}

function choicesCard(choices: Choices): Html {
  const names = Object.keys(CHOICE_VALUES).filter((name) => name !== "enforcement") as (keyof Choices)[];
  return html`<details class="card">
    <summary>What Shopify does not document</summary>
    <form method="post" action="/-/do" class="stack tight">
      <input type="hidden" name="action" value="choices" />
      ${names.map((name) => {
        const { label, values } = CHOICE_VALUES[name];
        const options = values.map((value) => [String(value), String(value).replaceAll("-", " ")] as const);
        return html`<label>${label}<br />${select(name, label, options, String(choices[name]))}</label>`;
      })}
      <div><button class="button primary">Apply</button></div>
    </form>
  </details>`;
}
