import type { ReactNode } from "react";
import type { ConsoleSession } from "../console/door/console-session.ts";
import type { JobsFacts } from "../console/facts/read-jobs.server.ts";
import { reasonWords } from "./words/reason-words.ts";
import { ConsolePage } from "./document/console-page.tsx";
import { formatCount, formatMoment, formatNumber } from "./words/format.ts";

interface JobsPageProps {
  facts: JobsFacts;
  /** What an action that was just taken came to. */
  result?: string;
  visitor: ConsoleSession;
}

/** `/admin/jobs`: what failed for good, what waits for its store, and what is not known. */
export function JobsPage({ facts: { health, deadLetters, parked, unknownOutcomes }, result, visitor }: JobsPageProps) {
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
      <section className="card" aria-labelledby="dead">
        <h2 id="dead">Failed for good</h2>
        {deadLetters.length === 0 ? (
          <p className="empty">Nothing. What fails five times is listed here.</p>
        ) : (
          <>
            {mayTouch && (
              <ActionForm
                csrf={visitor.csrf}
                name="retry"
                label="Try all again"
                words="Once the cause is repaired. Each gets every attempt anew."
              />
            )}
            <JobsTable label="Jobs that failed for good" last="Died">
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
            </JobsTable>
            {health.deadLetters > deadLetters.length && (
              <p className="hint">
                The oldest {deadLetters.length} of{" "}
                {health.deadLetters === 1_000 ? "1,000 and more" : formatNumber(health.deadLetters)}.
              </p>
            )}
          </>
        )}
      </section>
      <section className="card" aria-labelledby="parked">
        <h2 id="parked">Parked until the store can be served</h2>
        {allParked === 0 ? (
          <p className="empty">Nothing waits.</p>
        ) : (
          <>
            <p>
              {formatCount(health.parked.needs_reauthorization, "job")} until a merchant’s next visit,{" "}
              {formatCount(health.parked.suspended, "job")} while Shopify does not serve the store.
            </p>
            {mayTouch && (
              <ActionForm
                csrf={visitor.csrf}
                name="release"
                label="Release what is due"
                words="As the app does each minute: what has a newer token, or whose time has come."
              />
            )}
            <JobsTable label="Parked jobs" last="Tried again">
              {parked.map(({ shop, job, code, retryAt }) => (
                <tr key={`${shop} ${job}`}>
                  <th scope="row">
                    <ShopLink shop={shop} />
                  </th>
                  <td className="moment">{job}</td>
                  <td>
                    {reasonWords(code)} <code className="hint">{code}</code>
                  </td>
                  <td className="moment">{retryAt === null ? "with the next token" : formatMoment(retryAt)}</td>
                </tr>
              ))}
            </JobsTable>
            {allParked > parked.length && (
              <p className="hint">
                The first {parked.length} of {formatNumber(allParked)}, by store.
              </p>
            )}
          </>
        )}
      </section>
      <section className="card" aria-labelledby="unknown">
        <h2 id="unknown">Answers that never came</h2>
        {unknownOutcomes === 0 ? (
          <p className="empty">None: the app knows how each of its calls ended.</p>
        ) : (
          <>
            <p>
              {formatCount(unknownOutcomes, "store")} will be asked about within ten minutes. Nothing is lost within
              seven days.
            </p>
            {mayTouch && (
              <ActionForm
                csrf={visitor.csrf}
                name="reconcile"
                label="Ask now"
                words="Asks Shopify again with the stored tokens."
              />
            )}
          </>
        )}
      </section>
    </ConsolePage>
  );
}

function JobsTable({ label, last, children }: { label: string; last: string; children: ReactNode }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">Store</th>
            <th scope="col">Job</th>
            <th scope="col">Why</th>
            <th scope="col">{last}</th>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function ShopLink({ shop }: { shop: string }) {
  return <a href={`/admin/shops/${encodeURIComponent(shop)}`}>{shop}</a>;
}

function ActionForm({ csrf, name, label, words }: { csrf: string; name: string; label: string; words: string }) {
  return (
    <form method="post" action="/admin/jobs">
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="do" value={name} />
      <button type="submit" className="button">
        {label}
      </button>{" "}
      <span className="hint">{words}</span>
    </form>
  );
}
