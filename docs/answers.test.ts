/** docs/answers.md is what the tables of answers say, and each row can be reached. Rewrite the page with `vitest run … -u`. */
import { format, resolveConfig } from "prettier";
import { expect, test } from "vitest";
import { ADMIN_ANSWERS, findAdminAnswer } from "../app/tokens/shopify/answers/admin-answers.ts";
import type { AnswerRule, Condition, Observed } from "../app/tokens/shopify/answers/answer-rule.ts";
import { retryAfterMs } from "../app/tokens/shopify/answers/retry-after.ts";
import { findTokenAnswer, TOKEN_ANSWERS } from "../app/tokens/shopify/answers/token-answers.ts";
import type { Grant } from "../app/tokens/shopify/token-endpoint.ts";

const PAGE = "docs/answers.md";
const GRANTS: Record<Grant, string> = {
  exchange: "ID token",
  migrate: "migration",
  refresh: "refresh",
  application: "client assertion",
};

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function table(rows: readonly (AnswerRule<string> & { grants?: readonly Grant[] })[], withGrants: boolean): string {
  const columns = ["answer", ...(withGrants ? ["grant"] : []), "the shop", "a run", "a merchant", "fault"];
  const lines = rows.map(({ answer, grants, shop, run, merchant, id }) => [
    answer,
    ...(withGrants ? [(grants ?? []).map((grant) => GRANTS[grant]).join(", ") || "any"] : []),
    shop,
    run,
    merchant,
    `\`${id}\``,
  ]);
  return [row(columns), row(columns.map(() => "---")), ...lines.map(row)].join("\n");
}

const text = `# Answers

What the app makes of each answer of Shopify that is not a pair or data. Made from \`app/tokens/shopify/answers/token-answers.ts\` and
\`admin-answers.ts\`, which the app itself reads. The first row that fits holds; an answer that no row knows decides nothing. \`fault\` is
the simulator's name for it (\`faults.add\` with \`play\`); \`tests/integration/tokens-answers.test.ts\` plays each.

## The token endpoint

${table(TOKEN_ANSWERS, true)}

An answer without \`access_token\`, \`expires_in\` or \`refresh_token\`, or in which one of them cannot be read (a number for a token, control characters,
a word for a time), is refused whatever its status (fault \`incomplete\`): nothing is stored, and the same token is sent again. It is that shop's trouble alone.
A time beyond the year 9999 is stored as its end; a \`scope\` that is no text counts as left out.

## The Admin API

${table(ADMIN_ANSWERS, false)}

GraphQL's own errors, and \`THROTTLED\`, come with 200 and prove that the token is good.

## Retry-After

Seconds, whole or decimal, or an HTTP date. At most ten minutes are believed; what is negative, past or no date counts as missing, and the
usual pauses hold.
`;

test("the page is what the tables say", async () => {
  const formatted = await format(text, { ...(await resolveConfig(PAGE)), parser: "markdown" });
  await expect(formatted).toMatchFileSnapshot("answers.md");
});

function observedBy({ status, error, text: words, failure }: Condition): Observed {
  const code = typeof status === "object" ? status[0] : status;
  const sample = words?.source.includes("refresh")
    ? "active refresh_token"
    : "Non-expiring access tokens are no longer accepted";
  return { status: code ?? (failure ? undefined : 400), error, text: words ? sample : "", failure };
}

test.each(TOKEN_ANSWERS.flatMap((rule) => (rule.grants ?? (["refresh"] as const)).map((grant) => ({ rule, grant }))))(
  "token endpoint, $grant: $rule.id is reached",
  ({ rule, grant }) => expect(findTokenAnswer(observedBy(rule.when), grant).id).toBe(rule.id),
);

test.each(ADMIN_ANSWERS)("Admin API: $id is reached", ({ id, when }) =>
  expect(findAdminAnswer(observedBy(when)).id).toBe(id),
);

const NOW = Date.parse("2026-11-27T00:00:00Z");
test.each([
  ["2", 2_000],
  ["2.0", 2_000],
  ["0.4", 400],
  [" 3 ", 3_000],
  ["86400", 600_000],
  ["99999999999999999999", 600_000],
  ["Fri, 27 Nov 2026 00:00:05 GMT", 5_000],
  ["Fri, 31 Dec 2060 23:59:59 GMT", 600_000],
  ["Thu, 26 Nov 2026 00:00:05 GMT", undefined],
  ["-5", undefined],
  ["0", undefined],
  ["", undefined],
  ["soon", undefined],
  ["5 apples", undefined],
  ["0x10", undefined],
  ["1e9", undefined],
  ["Infinity", undefined],
  [undefined, undefined],
])("Retry-After %j waits %j ms", (value, ms) => expect(retryAfterMs(value, NOW)).toBe(ms));
