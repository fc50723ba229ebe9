import type { RunView } from "../../../migration/index.ts";
import { formatShare } from "../words/format.ts";
import { ShareBar } from "./share-bar.tsx";

/** How far a run is: migrated, ended otherwise, and to go. */
export function ProgressBar({ run }: { run: RunView }) {
  const { total, migrated, skipped, failed, needsReauth, remaining } = run;
  return (
    <ShareBar
      label={`${formatShare(total - remaining, total)} of the stores have an outcome`}
      total={total}
      parts={[
        { tone: "good", count: migrated, words: "migrated" },
        { tone: "bad", count: skipped + failed + needsReauth, words: "ended otherwise" },
      ]}
      rest={{ count: remaining, words: "to go" }}
    />
  );
}
