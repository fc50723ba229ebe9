import { LOOKED_BACK_DAYS, type BurnDown } from "../../console/facts/rollout/burn-down.ts";
import { formatCount, formatDay, formatNumber } from "../words/format.ts";

const WIDTH = 720;
const HEIGHT = 240;
const PLOT = { left: 64, right: 16, top: 24, bottom: 32 };
const DAY_MS = 86_400_000;

/** What the curve says, in a sentence: when the last permanent token goes, against the deadline. */
export function forecastWords({ points, perDay, endsAt, leftAtDeadline, deadline, daysToDeadline }: BurnDown): string {
  const left = points.at(-1)?.left ?? 0;
  const day = formatDay(deadline);
  if (left === 0) return `Nothing is left to migrate, ${formatCount(daysToDeadline, "day")} before ${day}.`;
  if (daysToDeadline === 0) return `${day} has passed with ${formatCount(left, "permanent token")} left to migrate.`;
  if (endsAt === undefined) {
    return `Nothing was migrated in the last 7 days. At this pace all ${formatNumber(left)} are still permanent on ${day}.`;
  }
  const pace = `At the pace of the last 7 days (${formatNumber(Math.max(1, Math.round(perDay)))} a day)`;
  if (endsAt > deadline) return `${pace} ${formatNumber(leftAtDeadline)} are still permanent on ${day}.`;
  const early = Math.floor((deadline - endsAt) / DAY_MS);
  return `${pace} the last one goes on ${formatDay(endsAt)}, ${formatCount(early, "day")} before ${day}.`;
}

/** The curve of the last days, and where it leads until the deadline. Lines differ by their strokes, not by colour alone. */
export function BurnDownChart({ burnDown }: { burnDown: BurnDown }) {
  const { points, endsAt, leftAtDeadline, deadline } = burnDown;
  const now = points.at(-1)!;
  const from = points[0]!.at;
  const until = Math.max(deadline, now.at + DAY_MS);
  const most = niceMost(Math.max(...points.map(({ left }) => left), 1));
  const x = (at: number) => PLOT.left + ((at - from) / (until - from)) * (WIDTH - PLOT.left - PLOT.right);
  const y = (left: number) => HEIGHT - PLOT.bottom - (left / most) * (HEIGHT - PLOT.top - PLOT.bottom);
  const path = points
    .map(({ at, left }, index) => `${index ? "L" : "M"}${x(at).toFixed(1)} ${y(left).toFixed(1)}`)
    .join("");
  const end = endsAt !== undefined && endsAt < until ? { at: endsAt, left: 0 } : { at: until, left: leftAtDeadline };
  const middle = Math.round(most / 2);
  return (
    <figure className="chart">
      <div className="scroll" tabIndex={0} role="region" aria-label="Burn-down of permanent tokens, chart">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={forecastWords(burnDown)}>
          {[0, middle, most].map((left) => (
            <g key={left}>
              <line className="grid" x1={PLOT.left} x2={WIDTH - PLOT.right} y1={y(left)} y2={y(left)} />
              <text className="tick" x={PLOT.left - 8} y={y(left) + 4} textAnchor="end">
                {formatNumber(left)}
              </text>
            </g>
          ))}
          <line className="deadline" x1={x(deadline)} x2={x(deadline)} y1={PLOT.top - 8} y2={HEIGHT - PLOT.bottom} />
          <text className="tick" x={x(deadline) - 6} y={PLOT.top - 10} textAnchor="end">
            {`deadline, ${formatDay(deadline)}`}
          </text>
          <text className="tick" x={x(from)} y={HEIGHT - 10}>
            {formatDay(from)}
          </text>
          <text className="tick" x={x(now.at)} y={HEIGHT - 10} textAnchor="middle">
            today
          </text>
          <path className="area" d={`${path}L${x(now.at).toFixed(1)} ${y(0)}L${x(from).toFixed(1)} ${y(0)}Z`} />
          <path className="curve" d={path} />
          {now.left > 0 && (
            <line className="forecast" x1={x(now.at)} y1={y(now.left)} x2={x(end.at)} y2={y(end.left)} />
          )}
          <circle className="now" cx={x(now.at)} cy={y(now.left)} r={4.5} />
        </svg>
      </div>
      <figcaption>
        <span className="key solid" /> left to migrate <span className="key dashed" /> forecast
      </figcaption>
      <details>
        <summary>As a table</summary>
        <table>
          <caption className="hidden">Permanent tokens left to migrate, by day</caption>
          <thead>
            <tr>
              <th scope="col">Day (UTC)</th>
              <th scope="col" className="number">
                Left to migrate
              </th>
            </tr>
          </thead>
          <tbody>
            {points
              .toReversed()
              .slice(0, LOOKED_BACK_DAYS)
              .map(({ at, left }, index) => (
                <tr key={at}>
                  <th scope="row">{index === 0 ? "Now" : formatDay(at - 1)}</th>
                  <td className="number">{formatNumber(left)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

/** 1, 2 or 5 times a power of ten, so that the scale has round numbers. */
function niceMost(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 6, 8, 10].map((step) => step * power).find((nice) => nice >= value) ?? value;
}
