import type { ListedShop, ShopReport } from "./operator-client.ts";

/** One shop of a list, on a line. */
export function shopLine({ shop, state, reason, chainEnds, outcome }: ListedShop): string {
  const details = [
    reason,
    chainEnds && `chain ends ${chainEnds.slice(0, 10)}`,
    outcome && `latest run: ${outcome}`,
  ].filter(Boolean);
  return `${shop.padEnd(40)} ${state}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
}

/** Everything that a person asks about one shop: its state, why, what comes next, what was. */
export function describeShop(report: ShopReport): string {
  const { shop, name, plan, state, reason, words, next, history, outcomes, parked, otherRows } = report;
  const lines = [`${shop}${name ? ` (${name}, ${plan})` : ""}: ${state}${reason ? ` (${reason})` : ""}`];
  if (words) lines.push(`  ${words}`);
  lines.push("Next");
  for (const { when, what, why } of next) lines.push(`  ${when}: ${what} ${why}`);
  if (parked.length > 0) lines.push(`Parked: ${parked.map(({ job, code }) => `${job} (${code})`).join(", ")}`);
  if (otherRows.length > 0) lines.push(`Other rows of this shop, which the app does not use: ${otherRows.join(", ")}`);
  const events = [
    ...history.map(({ at, kind, code, count = 1 }) => ({
      at,
      text: `${kind}${count > 1 ? ` ×${count}` : ""}${code ? ` (${code})` : ""}`,
    })),
    ...outcomes.map(({ at, outcome, code, run }) => ({
      at,
      text: `run ${run}: ${outcome}${code ? ` (${code})` : ""}`,
    })),
  ].sort((a, b) => b.at.localeCompare(a.at));
  lines.push(events.length > 0 ? "History, the latest first" : "Nothing is on record.");
  for (const { at, text } of events) lines.push(`  ${at.slice(0, 16).replace("T", " ")}  ${text}`);
  return lines.join("\n");
}
