import type { ReactNode } from "react";
import type { Tone } from "./badge.tsx";
import { formatNumber } from "../words/format.ts";
import { reasonWords } from "../words/reason-words.ts";

export interface Bar {
  label: string;
  count: number;
  /** What it means, in a sentence. */
  words?: ReactNode;
  /** Where its shops are listed. */
  href?: string;
  tone?: Tone;
}

/** A chart that is its own table: each row has its words, its number, and a bar in proportion. */
export function BarTable({ caption, bars, unit }: { caption: string; bars: Bar[]; unit: string }) {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  return (
    <table className="bars">
      <caption className="hidden">{caption}</caption>
      <thead className="hidden">
        <tr>
          <th scope="col">What</th>
          <th scope="col">{unit}</th>
          <th scope="col">Bar</th>
        </tr>
      </thead>
      <tbody>
        {bars.map(({ label, count, words, href, tone = "quiet" }) => (
          <tr key={label}>
            <th scope="row">
              {href && count > 0 ? <a href={href}>{label}</a> : label}
              {words && <span className="hint">{words}</span>}
            </th>
            <td className="number">{formatNumber(count)}</td>
            <td className="bar" aria-hidden="true">
              <svg viewBox="0 0 100 10" preserveAspectRatio="none">
                <rect className="track" width="100" height="10" rx="1" />
                {count > 0 && (
                  <rect className={`fill ${tone}`} width={Math.max(1, (count / most) * 100)} height="10" rx="1" />
                )}
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A bar for each code, with its meaning. @param href where the shops of each are listed. */
export function reasonBars(counts: [code: string, count: number][], href?: string): Bar[] {
  return counts.map(([code, count]) => ({ label: code, count, words: reasonWords(code), href }));
}
