/** Markup that is safe to send as it is. */
export interface Html {
  readonly markup: string;
}

type Value = Html | string | number | false | null | undefined | readonly Value[];

/** A template for HTML: every interpolated value is escaped, unless it is markup made by this function. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return {
    markup: strings.reduce((out, text, index) => out + text + (index < values.length ? render(values[index]) : ""), ""),
  };
}

/** Data for a script of the page: `<script type="application/json" id="…">`. */
export function jsonScript(id: string, data: unknown): Html {
  const text = JSON.stringify(data).replaceAll("<", String.raw`\u003c`);
  return { markup: `<script type="application/json" id="${escapeHtml(id)}">${text}</script>` };
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function render(value: Value): string {
  if (value === undefined || value === null || value === false) return "";
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  if ("markup" in value) return value.markup;
  return value.map(render).join("");
}
