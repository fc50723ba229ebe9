import type { ConsoleSession } from "../console/door/console-session.ts";
import type { ListedShop, ShopPage } from "../console/facts/shops/find-shops.server.ts";
import { OUTCOMES, outcomeWords, reasonWords } from "./words/reason-words.ts";
import {
  filterQuery,
  LISTED_OUTCOMES,
  LISTED_STATES,
  type ListedState,
  type ShopFilter,
  writeCursor,
} from "../console/facts/shops/shop-filter.ts";
import { Badge } from "./parts/badge.tsx";
import { ConsolePage } from "./document/console-page.tsx";
import { DataTable, ShopLink } from "./parts/data-table.tsx";
import { Field } from "./parts/field.tsx";
import { formatDay } from "./words/format.ts";
import { LISTED_STATE_WORDS, STATE_TONES, STATE_WORDS } from "./words/state-words.ts";

interface ShopsPageProps {
  filter: ShopFilter;
  /** What was typed into the search. */
  typed: string;
  problem?: string;
  page: ShopPage;
  visitor: ConsoleSession;
}

/** `/admin/shops`: search, filter, and one page of the list. */
export function ShopsPage({ filter, typed, problem, page, visitor }: ShopsPageProps) {
  const query = filterQuery(filter);
  const next = new URLSearchParams(query);
  if (page.next) next.set("after", writeCursor(page.next));
  return (
    <ConsolePage title="Shops" section="Shops" visitor={visitor}>
      <h1>Shops</h1>
      <form method="get" action="/admin/shops" className="card filter" role="search">
        <div className="field">
          <label htmlFor="search">Store</label>
          <input
            id="search"
            name="search"
            type="search"
            defaultValue={typed}
            autoComplete="off"
            spellCheck={false}
            placeholder="Beginning of a domain, or a link"
            aria-invalid={problem ? true : undefined}
            aria-describedby={problem ? "search-problem" : undefined}
          />
        </div>
        <Field
          name="state"
          label="State"
          value={filter.state ?? ""}
          choices={["", ...LISTED_STATES]}
          wordsOf={(state) => LISTED_STATE_WORDS[state as ListedState] ?? "All"}
        />
        <Field
          name="outcome"
          label="In the latest run"
          value={filter.outcome ?? ""}
          choices={["", ...LISTED_OUTCOMES]}
          wordsOf={(outcome) => (outcome === "" ? "All" : OUTCOMES[outcome]!)}
        />
        {filter.run && <input type="hidden" name="run" value={filter.run} />}
        <button type="submit" className="button primary">
          Show
        </button>
        {problem && (
          <p id="search-problem" className="field-problem">
            That cannot be looked for: {problem}.
          </p>
        )}
      </form>
      <section className="card" aria-label="Stores">
        {page.shops.length === 0 ? (
          <p className="empty">{page.isPartial ? "None among the rows that were looked through." : "No store fits."}</p>
        ) : (
          <DataTable label="List of stores" columns={["Store", "State", "Why", "Chain ends", "Outcome of the run"]}>
            {page.shops.map((shop, index) => (
              <ShopRow key={`${shop.shop} ${index}`} shop={shop} />
            ))}
          </DataTable>
        )}
        <p className="actions">
          {page.next && (
            <a className="button" href={`/admin/shops?${next}`} rel="next">
              {page.isPartial ? "Look further" : "Next page"}
            </a>
          )}
          {filter.after && (
            <a className="button" href={`/admin/shops?${query}`}>
              First page
            </a>
          )}
          <a className="button" href={`/admin/shops/export?${query}`}>
            Download as CSV
          </a>
        </p>
      </section>
    </ConsolePage>
  );
}

function ShopRow({ shop: { shop, state, reason, chainEnds, outcome, code } }: { shop: ListedShop }) {
  return (
    <tr>
      <th scope="row">{state === "foreign" ? shop : <ShopLink shop={shop} />}</th>
      <td>
        <Badge tone={STATE_TONES[state]}>{STATE_WORDS[state]}</Badge>
      </td>
      <td className="hint">{reason ? reasonWords(reason) : "–"}</td>
      <td className="moment">{chainEnds === null ? "–" : formatDay(chainEnds)}</td>
      <td title={code ?? undefined}>{outcome === null ? "–" : outcomeWords(outcome)}</td>
    </tr>
  );
}
