import type { ConsoleSession } from "../console/door/console-session.ts";
import { reasonWords } from "./words/reason-words.ts";
import type { ShopFacts } from "../console/facts/shops/read-shop.server.ts";
import { shopActions, type ShopAction } from "../console/facts/shops/shop-actions.ts";
import { ActionForm } from "./parts/action-form.tsx";
import { Card, Fact } from "./parts/card.tsx";
import { Badge } from "./parts/badge.tsx";
import { ConsolePage } from "./document/console-page.tsx";
import { Reason } from "./parts/data-table.tsx";
import { formatMoment } from "./words/format.ts";
import { ShopTimeline } from "./parts/shop-timeline.tsx";
import { STATE_NEXT, STATE_SENTENCES, STATE_TONES, STATE_WORDS } from "./words/state-words.ts";

interface ShopPageProps {
  facts: ShopFacts;
  /** What an action that was just taken came to. */
  result?: { words: string; tone: "good" | "bad" };
  visitor: ConsoleSession;
}

/** `/admin/shops/<domain>`: why a shop works or does not, what the app does next, and what an operator may do. */
export function ShopPage({ facts, result, visitor }: ShopPageProps) {
  const { shop, name, plan, state, reason, token, advice, parked, otherRows, answerLostAt } = facts;
  const date = (at: Date | undefined) => (at ? formatMoment(at) : "–");
  return (
    <ConsolePage title={shop} section="Shops" isBelow visitor={visitor}>
      <h1>{shop}</h1>
      {name !== null && (
        <p className="hint">
          {name}, {plan}
        </p>
      )}
      {result && (
        <p className={`notice ${result.tone}`} role="status">
          {result.words}
        </p>
      )}
      <Card id="state" title="State" kind="next" badge={<Badge tone={STATE_TONES[state]}>{STATE_WORDS[state]}</Badge>}>
        <p>{STATE_SENTENCES[state]}</p>
        {reason && (
          <p>
            <Reason code={reason} />
          </p>
        )}
        {answerLostAt !== null && (
          <p className="notice attention">
            The answer of a call to Shopify never came ({formatMoment(answerLostAt)}). The app finds out by itself.
          </p>
        )}
        <p>
          <strong>What to do:</strong> {STATE_NEXT[state]}
        </p>
        {visitor.role === "operator" && <Actions shop={shop} actions={shopActions(facts)} csrf={visitor.csrf} />}
      </Card>
      <div className="columns">
        <Card id="advice" title="What the app does next">
          <dl className="stack">
            {advice.map(({ when, what, why, at }) => (
              <div key={when}>
                <dt className="hint">
                  {when}
                  {at !== undefined && `, ${formatMoment(at)} at the latest`}
                </dt>
                <dd className="step">
                  {what} <span className="hint">{why}</span>
                </dd>
              </div>
            ))}
          </dl>
        </Card>
        <Card id="facts" title="On record">
          <dl className="facts">
            <Fact label="Access token ends">{date(token.expires)}</Fact>
            <Fact label="Refresh token ends">{date(token.refreshTokenExpires)}</Fact>
            <Fact label="First token">{date(token.acquiredAt)}</Fact>
            <Fact label="Migrated">{date(token.migratedAt)}</Fact>
            <Fact label="Last refreshed">{date(token.refreshedAt)}</Fact>
            <Fact label="Tokens stored so far">{token.generation}</Fact>
            <Fact label="Scopes">{token.scope?.replaceAll(",", ", ") || "–"}</Fact>
            {parked.map(({ job, code }) => (
              <Fact key={job} label="Parked work">
                {job} <span className="hint">{reasonWords(code)}</span>
              </Fact>
            ))}
            {otherRows.length > 0 && (
              <Fact label="Other rows of this store">
                {otherRows.join(", ")}{" "}
                <span className="hint">The app does not use them; see foreign_session in the runbook.</span>
              </Fact>
            )}
          </dl>
        </Card>
      </div>
      <Card id="timeline" title="Timeline">
        <ShopTimeline facts={facts} />
      </Card>
    </ConsolePage>
  );
}

function Actions({ shop, actions, csrf }: { shop: string; actions: ShopAction[]; csrf: string }) {
  if (actions.length === 0) return null;
  const path = `/admin/shops/${encodeURIComponent(shop)}`;
  return (
    <div className="stack">
      {actions.map(({ name, label, words }) =>
        name === "migrate" ? (
          <p key={name}>
            <a className="button" href={`${path}/migrate`}>
              {label} …
            </a>{" "}
            <span className="hint">{words}</span>
          </p>
        ) : (
          <ActionForm key={name} action={path} csrf={csrf} name={name} label={label} words={words} />
        ),
      )}
    </div>
  );
}
