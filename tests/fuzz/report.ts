import type { FuzzReport } from "./run-fuzz.ts";

const MEBIBYTE = 1024 * 1024;

/** What a run found, as the Markdown that stands in docs/benchmarks/fuzz.md. */
export function reportOf(phase: string, report: FuzzReport, seconds: number): string {
  const classes = ["2xx", "3xx", "4xx", "5xx", "none"];
  const count = (door: Record<string, number>, kind: string) =>
    Object.entries(door)
      .filter(([status]) => (kind === "none" ? !/^\d/.test(status) : status[0] === kind[0]))
      .reduce((sum, [, times]) => sum + times, 0);
  const rows = Object.entries(report.answers)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([door, statuses]) => `| ${door} | ${classes.map((kind) => count(statuses, kind)).join(" | ")} |`);
  const mebibytes = (bytes: number) => `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
  const { memoryBefore, memoryAfter } = report;
  const failures = report.failures.map(
    ({ index, what, times, curl }) =>
      `- ${index === undefined ? "" : `request ${index}: `}${what}${times > 1 ? ` (${times} times)` : ""}${curl ? `\n  ${curl.slice(0, 2_000)}` : ""}`,
  );
  return [
    `### ${phase}: ${report.sent} requests in ${seconds.toFixed(0)} s, ${report.failures.length} failures`,
    "",
    `| door | ${classes.join(" | ")} |`,
    `| --- | ${classes.map(() => "---:").join(" | ")} |`,
    ...rows,
    "",
    `Longest pause ${report.worstPauseMs.toFixed(0)} ms (caused by one request alone: ${report.worstPauseAloneMs.toFixed(0)} ms);`,
    `heap ${mebibytes(memoryBefore.heapUsed)} → ${mebibytes(memoryAfter.heapUsed)}, outside of it ${mebibytes(memoryBefore.external)} → ${mebibytes(memoryAfter.external)};`,
    `calls of Shopify: ${report.callsForOwnShop} for the stranger's own shop, none for another's.`,
    ...(failures.length > 0 ? ["", ...failures] : []),
  ].join("\n");
}
