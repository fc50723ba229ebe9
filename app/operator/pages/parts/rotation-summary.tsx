import type { RotationReport } from "../../../tokens/index.ts";
import { formatCount, formatNumber, formatShare } from "../words/format.ts";

/** How far a rotation of the client secret is, and what keeps the previous secret from being revoked. */
export function RotationSummary({ rotation }: { rotation: RotationReport }) {
  const { chains, pinned, blockers } = rotation;
  const done = chains - pinned;
  return (
    <>
      <div className="progress">
        <svg
          viewBox="0 0 100 10"
          preserveAspectRatio="none"
          role="img"
          aria-label={`${formatShare(done, chains)} of the chains are made with the new client secret`}
        >
          <rect className="track" width="100" height="10" />
          <rect className="fill good" width={(done / Math.max(chains, 1)) * 100} height="10" />
        </svg>
        <p className="legend">
          <span>
            <span className="swatch good" /> {formatNumber(done)} made with the new secret
          </span>
          <span>
            <span className="swatch track" /> {formatNumber(pinned)} still pinned
          </span>
        </p>
      </div>
      {blockers.length === 0 ? (
        <p>
          {formatCount(chains, "chain")}, none of which needs the previous secret: revoke it in the Dev Dashboard, then
          take SHOPIFY_API_SECRET_PREVIOUS out.
        </p>
      ) : (
        <>
          <p>The previous secret may not be revoked yet:</p>
          <ul className="plain-list">
            {blockers.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
          <p className="hint">
            Refresh what is pinned: <code>npm run tokens -- repin</code>
          </p>
        </>
      )}
    </>
  );
}
