import type { Row } from "./scenario.ts";

/** The table as Markdown, a scenario's name in its first row only. */
export function markdownTable(rows: readonly Row[]): string {
  const lines = rows.map((row, index) => {
    const scenario = rows[index - 1]?.scenario === row.scenario ? "" : row.scenario;
    const ours = row.holds ? row.ours : `**${row.ours}** ✗`;
    return `| ${[scenario, row.measure, row.plain, ours, row.required].join(" | ")} |`;
  });
  return ["| scenario | | plain library | this app | required |", "| --- | --- | --- | --- | --- |", ...lines].join(
    "\n",
  );
}

export function report(options: {
  rows: readonly Row[];
  command: string;
  machine: string;
  commit: string;
  seconds: number;
  date: string;
}): string {
  return `# Races: the plain library and this app

Both in the same harness, in one run: the simulator in Shopify's place, one Postgres, two processes of the production build behind the
same HTTP server, the same pages. "Plain library" is \`@shopify/shopify-app-remix\` with \`PrismaSessionStorage\` as its documentation
sets them up; only \`app/auth/authenticate.server.ts\` and \`app/webhooks/handle-webhook.server.ts\` are exchanged
([tests/benchmarks/races/plain](../../tests/benchmarks/races/plain)). Token calls take 20 to 200 ms, as towards Shopify.

\`\`\`sh
${options.command}
\`\`\`

${markdownTable(options.rows)}

*Orphaned*, or a *retired token stored*: the pair in the database can never be refreshed again, although the shop is installed and
Shopify holds a usable pair for it. Both are judged by the simulator's ledger, not by the app.

The plain app gets no installations by code in the last scenario, and its migration is never killed: both would only add to its losses.

Measured on ${options.date} at ${options.commit}: ${options.machine}; ${Math.round(options.seconds)} s in all. Counts of the plain
library vary from run to run, as races do; those of this app must not.
`;
}
