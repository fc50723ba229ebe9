import type { Language } from "../../components/language/choose-language.ts";
import { frameAncestors } from "../frame-ancestors.server.ts";

/** A page that says one thing and offers one way on. Text is escaped. */
export interface Message {
  status?: number;
  /** Of its words. */
  language: Language;
  title: string;
  text: string;
  link: { href: string; label: string };
  /** A line for support. */
  reference?: string;
}

/** What a page does by itself. Its message is for browsers in which that does not work. */
export interface Automatic {
  /** Trusted HTML that runs at once. */
  script: string;
  /** Verified. */
  shop: string | undefined;
}

/**
 * A small page for merchants outside of the app: no framework, so that it works when nothing else does. It says nothing of a shop, and
 * Shopify Admin may show it in its frame; the link leaves the frame.
 * @param automatic the message appears only when this page is still there after two seconds.
 */
export function messagePage(
  { status = 200, language, title, text, link, reference }: Message,
  automatic?: Automatic,
): Response {
  const html = `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="icon" type="image/svg+xml" href="/favicon.svg">
<style>
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f1f1f1; color: #303030;
  font: 14px/1.5 Inter, -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, sans-serif; }
main { max-width: 26rem; overflow-wrap: anywhere; margin: 1rem; padding: 1.5rem; background: #fff; border-radius: 12px; box-shadow: 0 1px 2px #0002; }
.late { animation: appear 0s 2s backwards; }
@keyframes appear { from { visibility: hidden; } }
h1 { margin: 0 0 .5rem; font-size: 1.125rem; }
.reference { margin: 1rem 0 0; color: #616161; font-size: .75rem; }
a { display: inline-block; margin-top: .5rem; padding: .5rem .9rem; border-radius: 8px; background: #303030; color: #fff; text-decoration: none; }
a:focus-visible { outline: 3px solid #005bd3; outline-offset: 2px; }
</style>
${automatic?.script ?? ""}
</head>
<body><main${automatic ? ' class="late"' : ""}><h1>${escape(title)}</h1><p>${escape(text)}</p><a href="${escape(link.href)}" target="_top">${escape(link.label)}</a>${reference ? `<p class="reference">${escape(reference)}</p>` : ""}</main></body>
</html>`;
  return new Response(html, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": frameAncestors(automatic?.shop),
      "Content-Language": language,
    },
  });
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
