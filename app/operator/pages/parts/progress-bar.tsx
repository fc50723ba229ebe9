import type { RunView } from "../../../migration/index.ts";
import { formatNumber, formatShare } from "../words/format.ts";

/** How far a run is: migrated, ended otherwise, and to go. The legend says the same in words. */
export function ProgressBar({ run }: { run: RunView }) {
  const total = Math.max(run.total, 1);
  const other = run.skipped + run.failed + run.needsReauth;
  const share = (count: number) => (count / total) * 100;
  const done = run.total - run.remaining;
  return (
    <div className="progress">
      <svg
        viewBox="0 0 100 10"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${formatShare(done, run.total)} of the stores have an outcome`}
      >
        <rect className="track" width="100" height="10" />
        <rect className="fill good" width={share(run.migrated)} height="10" />
        <rect className="fill bad" x={share(run.migrated)} width={share(other)} height="10" />
      </svg>
      <p className="legend">
        <span>
          <span className="swatch good" /> {formatNumber(run.migrated)} migrated
        </span>
        <span>
          <span className="swatch bad" /> {formatNumber(other)} ended otherwise
        </span>
        <span>
          <span className="swatch track" /> {formatNumber(run.remaining)} to go
        </span>
      </p>
    </div>
  );
}
