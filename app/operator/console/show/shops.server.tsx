import { findShopDomain } from "../../../infra/shop-domain.ts";
import { services } from "../../../services.server.ts";
import { problemResponse } from "../../access/problem.ts";
import { ShopsPage } from "../../pages/shops-page.tsx";
import type { ConsoleRequest } from "../door/console-route.server.tsx";
import { htmlResponse, seeOther } from "../door/respond.server.ts";
import { findShops, type ShopPage } from "../facts/shops/find-shops.server.ts";
import { parseShopFilter, writeCursor } from "../facts/shops/shop-filter.ts";

const PAGE = 50;
const MOST_LISTED = 200;

/** `GET /admin/shops` for a browser. A whole domain leads to its shop's page. */
export async function showShops({ url, visitor }: ConsoleRequest): Promise<Response> {
  const { filter, problem } = parseShopFilter(url.searchParams);
  const isWhole = filter.search !== undefined && findShopDomain(filter.search) !== undefined;
  if (isWhole && !filter.state && !filter.outcome) return seeOther(`/admin/shops/${filter.search}`);
  const none: ShopPage = { shops: [], next: undefined, isPartial: false, run: undefined };
  const page = problem ? none : await findShops(services.db, filter, PAGE);
  const typed = (url.searchParams.get("search") ?? "").slice(0, 255);
  return htmlResponse(<ShopsPage filter={filter} typed={typed} problem={problem} page={page} visitor={visitor} />, {
    status: problem ? 422 : 200,
  });
}

/** `GET /admin/shops` for a program: `{"shops":[…],"next":…}`; `?after=<next>` continues. */
export async function listShops(request: Request): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const { filter, problem } = parseShopFilter(searchParams);
  const limit = searchParams.get("limit") ?? String(PAGE);
  const isLimit = /^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= MOST_LISTED;
  if (problem || !isLimit) {
    return problemResponse({
      status: 422,
      code: "invalid_request",
      title: "Unprocessable Content",
      detail: `Correct and send again: ${problem ?? `limit must be a whole number, 1 to ${MOST_LISTED}`}.`,
    });
  }
  const { shops, next, run } = await findShops(services.db, filter, Number(limit));
  return Response.json({
    run: run ?? null,
    shops: shops.map(({ chainEnds, ...shop }) => ({ ...shop, chainEnds: isoOf(chainEnds) })),
    next: next ? writeCursor(next) : null,
  });
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
