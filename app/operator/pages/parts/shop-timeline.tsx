import { outcomeWords, reasonWords } from "../words/reason-words.ts";
import type { ShopFacts } from "../../console/facts/shops/read-shop.server.ts";
import type { Tone } from "./badge.tsx";
import { formatDay, formatMoment } from "../words/format.ts";

interface Entry {
  at: number;
  title: string;
  words?: string;
  code?: string;
  run?: string;
  tone: Tone;
}

const KINDS: Record<string, [title: string, tone: Tone]> = {
  acquired: ["Got an expiring token", "good"],
  acquired_permanent: ["Got a permanent token", "quiet"],
  migrated: ["Permanent token exchanged", "good"],
  refreshed: ["Refreshed", "quiet"],
  needs_reauth: ["Refused for good: needs its merchant", "bad"],
  suspended: ["Paused by Shopify", "attention"],
  resumed: ["Served again", "good"],
  uninstalled: ["Uninstalled", "quiet"],
  not_exchangeable: ["Not exchanged, though accepted", "attention"],
};

const TONES: Record<string, Tone> = { migrated: "good", failed: "bad", needs_reauthorization: "bad" };

/** Names inside stay as they are. */
const startLower = (words: string) => words.charAt(0).toLowerCase() + words.slice(1);

/** A shop's life as far as it is kept: its token's events and what runs came to, the latest first. */
export function ShopTimeline({ facts: { history, outcomes } }: { facts: Pick<ShopFacts, "history" | "outcomes"> }) {
  const entries: Entry[] = [
    ...history.map(({ at, kind, code, count = 1, since }): Entry => {
      const [title, tone] = KINDS[kind] ?? [kind.replaceAll("_", " "), "quiet"];
      const words = [code && reasonWords(code), count > 1 && since && `The first of them on ${formatDay(since)}.`];
      return {
        at: at.getTime(),
        title: count > 1 ? `${title} ${count} times` : title,
        words: words.filter(Boolean).join(" "),
        code,
        tone,
      };
    }),
    ...outcomes.map(({ at, outcome, code, run, attempts }): Entry => ({
      at,
      title: `In a run: ${startLower(outcomeWords(outcome))}`,
      words: `${reasonWords(code)}${attempts > 1 ? ` ${attempts} calls.` : ""}`,
      code,
      run,
      tone: TONES[outcome] ?? "quiet",
    })),
  ].sort((a, b) => b.at - a.at);
  if (entries.length === 0) {
    return (
      <p className="empty">
        Nothing has happened since this app began to write it down. A permanent token lives without events.
      </p>
    );
  }
  return (
    <ol className="timeline">
      {entries.map(({ at, title, words, code, run, tone }, index) => (
        <li key={index} className={tone}>
          <p>
            <strong>{title}</strong> <span className="hint">{formatMoment(at)}</span>
          </p>
          {words && (
            <p>
              {words} {code && <code className="hint">{code}</code>}
            </p>
          )}
          {run && (
            <p className="hint">
              <a href={`/admin/runs/${run}`}>See the run</a>
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}
