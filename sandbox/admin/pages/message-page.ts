import type { Addresses } from "../addresses.ts";
import { document } from "./admin-page.ts";
import { html } from "./html.ts";

/** A page that says one thing, and offers one way on. */
export function messagePage(o: {
  addresses: Addresses;
  title: string;
  text: string;
  detail?: string;
  link?: { href: string; label: string };
}): string {
  const body = html`<main class="centered">
    <section class="card">
      <h1>${o.title}</h1>
      <p class="soft">${o.text}</p>
      ${o.detail && html`<p style="margin-top: 12px"><code>${o.detail}</code></p>`}
      ${o.link && html`<footer><a class="button primary" href="${o.link.href}">${o.link.label}</a></footer>`}
    </section>
  </main>`;
  return document(o.title, body, { base: o.addresses.admin });
}
