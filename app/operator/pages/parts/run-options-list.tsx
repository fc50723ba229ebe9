import type { RunOptions } from "../../console/facts/read-run-options.server.ts";
import { Fact } from "./card.tsx";
import { formatCount, formatSeconds } from "../words/format.ts";

/** What a run was asked, in words. */
export function RunOptionsList({ options }: { options: RunOptions }) {
  const rows: [string, string][] = [
    ["Stores", storesWords(options)],
    ["Waves", options.waves ? options.waves.map((share) => `${share}%`).join(", ") : "One, of everything"],
    ...(options.waves ? [["Between waves", pauseWords(options.pauseBetween)] as [string, string]] : []),
    ["At once", `${formatCount(options.concurrency, "call")} per instance`],
    ["Verified", VERIFY[options.verify] ?? options.verify],
    ["Halts itself", `above ${options.failureThreshold}% final failures`],
  ];
  return (
    <dl className="facts">
      {rows.map(([label, words]) => (
        <Fact key={label} label={label}>
          {words}
        </Fact>
      ))}
    </dl>
  );
}

const VERIFY: Record<string, string> = {
  auto: "The first wave, then one in fifty",
  all: "Every new pair",
  sample: "One in fifty",
  none: "None",
};

function storesWords({ shops, limit }: RunOptions): string {
  const most = limit === undefined ? "" : `, ${formatCount(limit, "store")} at most`;
  if (!shops) return `All with a permanent token${most}`;
  return shops.length > 3 ? `${formatCount(shops.length, "named store")}${most}` : shops.join(", ") + most;
}

function pauseWords(pause: RunOptions["pauseBetween"]): string {
  if (pause === "confirm") return "Waits for your word";
  return pause ? `Waits ${formatSeconds(pause)}` : "Goes on when the wave is in order";
}
