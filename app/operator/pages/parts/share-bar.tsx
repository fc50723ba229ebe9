import { formatNumber } from "../words/format.ts";

interface Part {
  tone: "good" | "bad";
  count: number;
  words: string;
}

/**
 * Parts of a whole side by side; the legend says the same in words.
 * @param props.label what a screen reader says instead of the bar.
 * @param props.rest what is left of the whole.
 */
export function ShareBar(props: { label: string; total: number; parts: Part[]; rest: Omit<Part, "tone"> }) {
  const { label, total, parts, rest } = props;
  const share = (some: Part[]) => (some.reduce((sum, { count }) => sum + count, 0) / Math.max(total, 1)) * 100;
  return (
    <div className="progress">
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label={label}>
        <rect className="track" width="100" height="10" />
        {parts.map((part, i) => (
          <rect
            key={part.tone}
            className={`fill ${part.tone}`}
            x={share(parts.slice(0, i))}
            width={share([part])}
            height="10"
          />
        ))}
      </svg>
      <p className="legend">
        {[...parts, { ...rest, tone: "track" }].map(({ tone, count, words }) => (
          <span key={tone}>
            <span className={`swatch ${tone}`} /> {formatNumber(count)} {words}
          </span>
        ))}
      </p>
    </div>
  );
}
