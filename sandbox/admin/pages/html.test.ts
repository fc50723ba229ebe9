// Proves that what is put into a page is escaped.
import { expect, it } from "vitest";
import { html, jsonScript } from "./html.ts";

it("escapes what is put in, keeps its own markup, and leaves out what is not there", () => {
  const name = `<b>"Tom" & 'Jerry'</b>`;
  expect(html`<p title="${name}">${[html`<i>${1}</i>`, false, null, undefined, "<"]}</p>`.markup).toBe(
    `<p title="&lt;b&gt;&quot;Tom&quot; &amp; &#39;Jerry&#39;&lt;/b&gt;"><i>1</i>&lt;</p>`,
  );
});

it("cannot be left from inside a script's data", () => {
  const { markup } = jsonScript("data", { text: "</script><script>alert(1)</script>" });
  expect(markup.match(/<\/script>/g)).toHaveLength(1);
  expect(JSON.parse(markup.replace(/^<[^>]*>|<\/script>$/g, ""))).toEqual({
    text: "</script><script>alert(1)</script>",
  });
});
