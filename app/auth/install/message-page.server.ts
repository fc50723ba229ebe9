/** A page that says one thing and offers one way on. Text is escaped. */
export interface Message {
  status?: number;
  title: string;
  text: string;
  link: { href: string; label: string };
}

/** A small page for merchants outside of the app: no script, no framework, so that it works when nothing else does. */
export function messagePage({ status = 200, title, text, link }: Message): Response {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f1f1f1; color: #303030;
  font: 14px/1.5 Inter, -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, sans-serif; }
main { max-width: 26rem; margin: 1rem; padding: 1.5rem; background: #fff; border-radius: 12px; box-shadow: 0 1px 2px #0002; }
h1 { margin: 0 0 .5rem; font-size: 1.125rem; }
a { display: inline-block; margin-top: .5rem; padding: .5rem .9rem; border-radius: 8px; background: #303030; color: #fff; text-decoration: none; }
a:focus-visible { outline: 3px solid #005bd3; outline-offset: 2px; }
</style>
</head>
<body><main><h1>${escape(title)}</h1><p>${escape(text)}</p><a href="${escape(link.href)}">${escape(link.label)}</a></main></body>
</html>`;
  return new Response(html, { status, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
