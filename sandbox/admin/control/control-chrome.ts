import type { Addresses } from "../addresses.ts";
import type { AppView } from "../app-view.ts";
import { document } from "../pages/admin-page.ts";
import { html, type Html } from "../pages/html.ts";
import { controlIcon } from "../pages/icons.ts";

/** What every view of the control page is given. */
export interface ControlView {
  app: AppView;
  /** Where the Admin is for an ordinary browser; without one, the app cannot be opened from here. */
  addresses?: Addresses;
  /** Simulated time, ISO. */
  now: string;
  /** What the last action said. */
  said?: { text: string; failed: boolean };
}

/** Document around a view of the control page. `#live` is what the script replaces while the page is open. */
export function controlDocument(title: string, view: ControlView, body: Html): string {
  const page = html`<a class="skip-link" href="#content">Skip to content</a>
    <header class="topbar">
      <a class="brand" href="/">${controlIcon} Simulator control</a>
      <span></span>
      <div class="topbar-end">
        <span data-live="clock">Clock <time datetime="${view.now}">${readableTime(view.now)}</time></span>
        ${view.addresses && html`<a href="${view.addresses.admin}/">Admin</a>`}
      </div>
    </header>
    <main class="page wide" id="content" tabindex="-1">
      <div id="said" role="status" aria-live="polite">
        ${view.said && html`<p class="banner ${view.said.failed ? "bad" : "good"}">${view.said.text}</p>`}
      </div>
      ${body}
    </main>`;
  return document(title, page, { base: "", script: "control.js", icon: "%23303030" });
}

/** A button that does something: a form, so that it works without the script too. */
export function actionButton(
  label: string,
  fields: Record<string, string>,
  o: { kind?: "primary" | "critical"; disabled?: boolean; title?: string } = {},
): Html {
  return html`<form method="post" action="/-/do">
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button class="button ${o.kind ?? ""}" title="${o.title ?? ""}" ${o.disabled && { markup: "disabled" }}>
      ${label}
    </button>
  </form>`;
}

export function select(
  name: string,
  label: string,
  options: readonly (readonly [string, string])[],
  chosen?: string,
): Html {
  return html`<select class="select" name="${name}" aria-label="${label}">
    ${options.map(
      ([value, text]) => html`<option value="${value}" ${value === chosen && { markup: "selected" }}>${text}</option>`,
    )}
  </select>`;
}

/** `2026-11-23T04:45:39.123Z` → `2026-11-23 04:45:39`. */
export function readableTime(iso: string): string {
  return iso.slice(0, 19).replace("T", " ");
}
