import type { RotationReport } from "../../../tokens/index.ts";
import { formatCount, formatShare } from "../words/format.ts";
import { ShareBar } from "./share-bar.tsx";

/** How far a rotation of the client secret is, and what keeps the previous secret from being revoked. */
export function RotationSummary({ rotation }: { rotation: RotationReport }) {
  const { chains, pinned, blockers } = rotation;
  const done = chains - pinned;
  return (
    <>
      <ShareBar
        label={`${formatShare(done, chains)} of the chains are made with the new client secret`}
        total={chains}
        parts={[{ tone: "good", count: done, words: "made with the new secret" }]}
        rest={{ count: pinned, words: "still pinned" }}
      />
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
