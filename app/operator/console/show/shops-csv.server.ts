import { csvRecord } from "../../../infra/csv.ts";
import { services } from "../../../services.server.ts";
import { streamText } from "../../run/stream-text.ts";
import { type ConsoleRequest, messageResponse } from "../door/console-route.server.tsx";
import { findShops } from "../facts/shops/find-shops.server.ts";
import { type Cursor, parseShopFilter, type ShopFilter } from "../facts/shops/shop-filter.ts";

const COLUMNS = ["shop", "state", "reason", "chainEnds", "outcome", "code"] as const;
const PAGE = 1_000;

/** `GET /admin/shops/export`: every shop that fits the filter, as CSV. Read and sent page by page, so memory does not grow with it. */
export async function exportShops({ url, gone }: ConsoleRequest): Promise<Response> {
  const { filter, problem } = parseShopFilter(url.searchParams);
  if (problem) return messageResponse(422, "That cannot be looked for", `Correct it and try again: ${problem}.`);
  const signal = AbortSignal.any([gone, services.stopping]);
  const records = recordsOf(filter);
  // Read before anything is answered: a database that is away is a 503, and no answer that breaks off.
  const first = await records.next();
  const body = streamText(continued(first.value ?? "", records), signal);
  const name = ["shops", filter.state, filter.outcome].filter(Boolean).join("-");
  return new Response(body, {
    headers: {
      "Content-Type": "text/csv; charset=utf-8",
      "Content-Disposition": `attachment; filename="${name}.csv"`,
    },
  });
}

async function* recordsOf(filter: ShopFilter): AsyncGenerator<string, void, undefined> {
  let head = csvRecord(COLUMNS);
  for (let after: Cursor | undefined; ;) {
    const { shops, next } = await findShops(services.db, services.sessionLayout, { ...filter, after }, PAGE);
    const records = shops
      .map(({ chainEnds, ...shop }) => ({
        ...shop,
        chainEnds: chainEnds === null ? "" : new Date(chainEnds).toISOString(),
      }))
      .map((shop) => csvRecord(COLUMNS.map((column) => shop[column])))
      .join("");
    yield head + records;
    head = "";
    if (!next) return;
    after = next;
  }
}

async function* continued(first: string, rest: AsyncGenerator<string, void, undefined>) {
  yield first;
  yield* rest;
}
