import type { ConsoleSession } from "../console/door/console-session.ts";
import type { JobsFacts } from "../console/facts/read-jobs.server.ts";
import { ConsolePage } from "./document/console-page.tsx";
import { ActionForm } from "./parts/action-form.tsx";
import { Card } from "./parts/card.tsx";
import { DataTable, Reason, ShopLink } from "./parts/data-table.tsx";
import { formatCount, formatMoment, formatNumber } from "./words/format.ts";

interface JobsPageProps {
  facts: JobsFacts;
  /** What an action that was just taken came to. */
  result?: string;
  visitor: ConsoleSession;
}

/** `/admin/jobs`: what failed for good, what waits for its store, and what is not known. */
export function JobsPage({ facts: { health, deadLetters, parked, unknownOutcomes }, result, visitor }: JobsPageProps) {
  const form = { action: "/admin/jobs", csrf: visitor.csrf };
  const noDeadLetters = deadLetters.length === 0;
  const mayTouch = visitor.role === "operator";
  const allParked = health.parked.needs_reauthorization + health.parked.suspended;
  return (
    <ConsolePage title="Background work" section="Background work" visitor={visitor}>
      <h1>Background work</h1>
      <p className="lead">
        {health.running ? "This instance runs jobs." : "This instance runs no jobs; others may."} Tokens do not depend
        on what failed here.
      </p>
      {result && (
        <p className="notice good" role="status">
          {result}
        </p>
      )}
      <Card id="dead" title="Failed for good" empty={noDeadLetters && "Nothing. What fails five times is listed here."}>
        {mayTouch && (
          <ActionForm
            {...form}
            name="retry"
            label="Try all again"
            words="Once the cause is repaired. Each gets every attempt anew."
          />
        )}
        <DataTable label="Jobs that failed for good" columns={["Store", "Job", "Why", "Died"]}>
          {deadLetters.map(({ id, shop, job, code, message, diedAt, attempts }) => (
            <tr key={id}>
              <th scope="row">{shop ? <ShopLink shop={shop} /> : "the app"}</th>
              <td className="moment">{job}</td>
              <td>
                {message} <code className="hint">{code}</code>{" "}
                <span className="hint">{formatCount(attempts, "try", "tries")}</span>
              </td>
              <td className="moment">{formatMoment(diedAt)}</td>
            </tr>
          ))}
        </DataTable>
        {health.deadLetters > deadLetters.length && (
          <p className="hint">
            The oldest {deadLetters.length} of{" "}
            {health.deadLetters === 1_000 ? "1,000 and more" : formatNumber(health.deadLetters)}.
          </p>
        )}
      </Card>
      <Card id="parked" title="Parked until the store can be served" empty={allParked === 0 && "Nothing waits."}>
        <p>
          {formatCount(health.parked.needs_reauthorization, "job")} until a merchant’s next visit,{" "}
          {formatCount(health.parked.suspended, "job")} while Shopify does not serve the store.
        </p>
        {mayTouch && (
          <ActionForm
            {...form}
            name="release"
            label="Release what is due"
            words="As the app does each minute: what has a newer token, or whose time has come."
          />
        )}
        <DataTable label="Parked jobs" columns={["Store", "Job", "Why", "Tried again"]}>
          {parked.map(({ shop, job, code, retryAt }) => (
            <tr key={`${shop} ${job}`}>
              <th scope="row">
                <ShopLink shop={shop} />
              </th>
              <td className="moment">{job}</td>
              <td>
                <Reason code={code} />
              </td>
              <td className="moment">{retryAt === null ? "with the next token" : formatMoment(retryAt)}</td>
            </tr>
          ))}
        </DataTable>
        {allParked > parked.length && (
          <p className="hint">
            The first {parked.length} of {formatNumber(allParked)}, by store.
          </p>
        )}
      </Card>
      <Card
        id="unknown"
        title="Answers that never came"
        empty={unknownOutcomes === 0 && "None: the app knows how each of its calls ended."}
      >
        <p>
          {formatCount(unknownOutcomes, "store")} will be asked about within ten minutes. Nothing is lost within seven
          days.
        </p>
        {mayTouch && (
          <ActionForm {...form} name="reconcile" label="Ask now" words="Asks Shopify again with the stored tokens." />
        )}
      </Card>
    </ConsolePage>
  );
}
