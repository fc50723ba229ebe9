import { findShopDomain } from "../../../infra/shop-domain.ts";
import { services } from "../../../services.server.ts";
import { ShopsPage } from "../../pages/shops-page.tsx";
import type { ConsoleRequest } from "../door/console-route.server.tsx";
import { htmlResponse, seeOther } from "../door/respond.server.ts";
import { findShops, type ShopPage } from "../facts/shops/find-shops.server.ts";
import { parseShopFilter } from "../facts/shops/shop-filter.ts";

const PAGE = 50;

/** `GET /admin/shops` for a browser. A whole domain leads to its shop's page. */
export async function showShops({ url, visitor }: ConsoleRequest): Promise<Response> {
  const { filter, problem } = parseShopFilter(url.searchParams);
  const isWhole = filter.search !== undefined && findShopDomain(filter.search) !== undefined;
  if (isWhole && !filter.state && !filter.outcome) return seeOther(`/admin/shops/${filter.search}`);
  const none: ShopPage = { shops: [], next: undefined, isPartial: false, run: undefined };
  const page = problem ? none : await findShops(services.db, services.sessionLayout, filter, PAGE);
  const typed = (url.searchParams.get("search") ?? "").slice(0, 255);
  return htmlResponse(<ShopsPage filter={filter} typed={typed} problem={problem} page={page} visitor={visitor} />, {
    status: problem ? 422 : 200,
  });
}
