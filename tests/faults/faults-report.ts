import { machineFacts, measuredCommit } from "../benchmarks/machine-facts.ts";
import type { Fault } from "./fault.ts";
import type { BackupResult } from "./kinds/restored-backup.ts";
import type { FaultResult } from "./run-fault.ts";

export interface FaultRow {
  title: string;
  /** Why it was not run. */
  missing?: string;
  /** Why it came to no result. */
  broke?: string;
  note?: string;
  result?: FaultResult;
  holds?: boolean;
}

export function rowOf({ title, note }: Fault, result: FaultResult): FaultRow {
  return { title, note, result, holds: result.holds };
}

function failedWith({ failed }: FaultResult): string {
  const kinds = Object.entries(failed).sort(([, a], [, b]) => b - a);
  return kinds.length === 0 ? "0" : kinds.map(([status, count]) => `${count} × ${status}`).join(", ");
}

function line({ title, missing, broke, note, result }: FaultRow): string {
  if (missing) return `| ${title} | not run: ${missing} | | | | | | |`;
  if (!result) return `| ${title} | **came to no result: ${broke}** | | | | | | |`;
  const { load } = result;
  const run = result.permanentTokens === undefined ? "–" : `${result.permanentTokens} left`;
  const zero = (count: number) => (count === 0 ? "0" : `**${count}** ✗`);
  return `| ${[
    title + (note ? ` (${note})` : ""),
    [load.before, load.during, load.after].map((rate) => rate.toFixed(0)).join(" / "),
    failedWith(result),
    zero(result.tokensLost),
    zero(result.wronglyMarked),
    zero(result.stillBroken),
    run,
    `${(result.recoveredMs / 1_000).toFixed(1)} s`,
  ].join(" | ")} |`;
}

/** docs/benchmarks/faults.md. */
export function faultsReport(rows: readonly FaultRow[], backup: BackupResult | undefined, seconds: number): string {
  return `# Faults survived

Two processes of the production build, the simulator in Shopify's place, one Postgres, eight merchants and Shopify's webhooks at once on 120 shops, whose access tokens grow old all
the time. Then the fault happens. Each is real: sockets that are cut or carry nothing, a full file system, signals, a memory cgroup, a clock that another library answers for.

\`\`\`sh
npm run test:faults                          # all of them; --only database-gone runs one
\`\`\`

| fault | answers per second before / during / after | requests failed from its beginning on, and with what | tokens lost | wrongly marked | shops not served afterwards | migration under way | failures end after |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.map(line).join("\n")}

*Tokens lost*: shops whose stored chain can never be refreshed again although Shopify holds a usable one, and shops that only their merchant's visit gave a token again; by the simulator's ledger. *Wrongly marked*: shops that the app says need their
merchant although their stored token can be refreshed. *Failures end after*: from the end of the fault to the last failed request. "no answer" is a connection that broke or was refused, as by a process
that is not there; a load balancer would have sent the request to the other instance.

Behind PgBouncer failures end late because a shop's lease whose holder lost the database runs out after 15 s; away for 20 s instead of 5, failures end after 0.0 s. A clock that is wrong costs
the instance the ID tokens that it takes for stale (401: App Bridge asks again with a new one), and nothing else: leases live by the database's clock.
${backup ? backupText(backup) : ""}
Version 0.1.0 comes out of this repository's git, and is installed and built in a temporary folder the first time. Where git does not have it (a shallow clone), or its packages cannot be had,
the two rows say so instead.

Measured on ${new Date().toISOString().slice(0, 10)} at ${measuredCommit()}: ${machineFacts()}; ${Math.round(seconds)} s in all. The load before and after depends on what else the machine does.
`;
}

function backupText(result: BackupResult): string {
  const rows = result.groups.map(
    ({ what, shops, healed, said, wrong }) =>
      `| ${what} | ${shops} | ${healed} | ${said} | ${wrong === 0 ? "0" : `**${wrong}** ✗`} |`,
  );
  return `
## Everything restored from yesterday's backup

All processes end, the database is put back as it was a day ago, and the app starts. Nobody tells it. Shopify's webhooks and a migration then use each shop once, without a merchant.

| since the backup | shops | healed by itself | said to need their merchant | neither |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

\`GET /admin/token-health\` then says \`needsReauth: ${result.needsReauth}\`; after one visit of each merchant ${result.brokenAfterVisit} of ${result.shops} shops are not served, and ${result.orphansAfterVisit} chains are lost.
`;
}
