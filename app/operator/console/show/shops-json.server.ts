import { services } from "../../../services.server.ts";
import { invalidRequest, problemResponse } from "../../access/problem.ts";
import { reasonWords } from "../../pages/words/reason-words.ts";
import { findShops } from "../facts/shops/find-shops.server.ts";
import { readShop } from "../facts/shops/read-shop.server.ts";
import { parseShopFilter, writeCursor } from "../facts/shops/shop-filter.ts";

const PAGE = 50;
const MOST_LISTED = 200;

/** `GET /admin/shops` for a program: `{"shops":[…],"next":…}`; `?after=<next>` continues. */
export async function listShops(request: Request): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const { filter, problem } = parseShopFilter(searchParams);
  const limit = searchParams.get("limit") ?? String(PAGE);
  const isLimit = /^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= MOST_LISTED;
  if (problem || !isLimit) {
    const what = problem ?? `limit must be a whole number, 1 to ${MOST_LISTED}`;
    return invalidRequest(`Correct and send again: ${what}.`);
  }
  const { shops, next, run } = await findShops(services.db, services.sessionLayout, filter, Number(limit));
  return Response.json({
    run: run ?? null,
    shops: shops.map(({ chainEnds, ...shop }) => ({ ...shop, chainEnds: isoOf(chainEnds) })),
    next: next ? writeCursor(next) : null,
  });
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** `GET /admin/shops/<domain>` for a program. */
export async function describeShop(domain: string | undefined): Promise<Response> {
  const facts = await readShop(domain);
  if (!facts) {
    return problemResponse({
      status: 404,
      code: "shop_not_found",
      detail:
        "Nothing is stored of such a shop. Name it by its myshopify.com domain; GET /admin/shops lists those there are.",
    });
  }
  const { outcomes, advice, answerLostAt, ...others } = facts;
  return Response.json({
    ...others,
    answerLostAt: answerLostAt === null ? null : new Date(answerLostAt),
    outcomes: outcomes.map((outcome) => ({ ...outcome, at: new Date(outcome.at) })),
    next: advice.map(({ at, ...one }) => ({ ...one, ...(at !== undefined && { at: new Date(at) }) })),
    words: facts.reason ? reasonWords(facts.reason) : null,
  });
}
