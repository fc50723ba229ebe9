import type { Point, Row } from "./scenario.ts";

export function markdownTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const ours = row.holds ? row.ours : `**${row.ours}** ✗`;
    return `| ${[row.measure, row.script, ours, row.required].join(" | ")} |`;
  });
  return ["| measure | documented script | this app | required |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

function pointsTable(points: readonly Point[]): string {
  const lines = points.map((p) =>
    [
      p.rows.toLocaleString("en"),
      `${p.secondsToFirstShop.toFixed(2)} s`,
      `${p.millisecondsPerShop.toFixed(1)} ms`,
      `${Math.round(p.peakMemoryMb)} MB`,
      `${p.countMs.toFixed(2)} ms`,
    ].join(" | "),
  );
  return [
    "| rows of `Session` | first shop taken up | per migrated shop | peak memory of the instance | `permanentTokens` at zero |",
    "| --- | --- | --- | --- | --- |",
    ...lines.map((line) => `| ${line} |`),
  ].join("\n");
}

export function report(options: {
  rows: readonly Row[];
  points: readonly Point[];
  command: string;
  machine: string;
  commit: string;
  seconds: number;
  date: string;
}): string {
  return `# The migration, measured

Beside Shopify's documented script: \`findMany\` over the sessions, then for each one \`migrateToExpiringToken\` and \`storeSession\`
([tests/benchmarks/migration/processes/documented-script.ts](../../tests/benchmarks/migration/processes/documented-script.ts)). Both on the same Postgres
and the same simulator, which runs in a process of its own. Where nothing else is said, calls reach it by plain HTTP: simulator, database
and app share one small machine, and the TLS handshakes of a new host for each call, on both ends and through the simulator's proxy, would
be what is measured. One row shows them: there the two figures above it are **not** reached, because the machine is full and the gate counts
a handshake as part of its call. The script runs for a bounded time and its rate is taken from that.

\`\`\`sh
${options.command}
\`\`\`

${markdownTable(options.rows)}

Measured on ${options.date} at ${options.commit}: ${options.machine}; ${Math.round(options.seconds)} s in all. App, Postgres and simulator
share these processors.

## From a thousand rows to a million

A thousand shops to migrate, spread over a table in which everybody else has a pair already, concurrency 5, answers of 50 ms.

${pointsTable(options.points)}

![Time per migrated shop and peak memory over the rows of the table](migration-rows.svg)

Nothing grows with the table: shops come in pages over a partial index that holds the permanent sessions alone, a page continues
where the last one ended, counts are kept as outcomes are stored, and a worker holds some dozens of shops in memory.

## What limits the next factor of ten

- **Shopify.** The token endpoint's limit is not published. At concurrency 20 and 200 ms an answer, one instance makes 100 shops a second: a
  million in under three hours, ten million in a bit more than a day. More instances add up until Shopify says 429; then all of them share
  what is allowed, and no program is faster.
- **The processor of an instance**, before anything of ours: every shop is a host of its own, so each exchange pays a TCP and a TLS handshake.
  The table says what a shop costs without TLS and with it; a thousand milliseconds by the latter are the shops a second that one Node
  process can do. A further instance on a processor of its own doubles it. No connection to a token endpoint is kept: kept alive, they had
  cost 90 KB of memory for each shop.
- **Postgres** does two short statements for each shop (take the lease with the session, store the pair) and its share of a few that serve many (claims,
  outcomes, signs of life), all by primary key. At 5,000 such statements a second, which a small server does, that is 2,000 shops a second.
- **The one row of the run** is locked for a few milliseconds by each claim of 40 shops, and by nothing else. At 5 ms a claim it would matter
  near 8,000 shops a second; then larger pages are the remedy.
- **The last count** (\`legacyPrefixRows\`, for those who count prefixes) reads the whole table, once.
`;
}
