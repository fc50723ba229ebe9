import { shopOfInput } from "../app/auth/install/shop-of-input.ts";
import { csvRecord } from "../app/infra/csv.ts";
import { EXIT, type Surroundings } from "./commands.ts";
import { describeShop, shopLine } from "./describe-shop.ts";
import type { ListedShop, OperatorClient, ShopQuery } from "./operator-client.ts";

export interface ShopsFlags {
  state?: string;
  outcome?: string;
  run?: string;
  search?: string;
  /** How many at most. */
  limit: number;
  csv?: boolean;
}

const PAGE = 200;
const COLUMNS = ["shop", "state", "reason", "chainEnds", "outcome", "code"] as const;

/** Shops that fit, page by page. */
export async function shops(client: OperatorClient, flags: ShopsFlags, at: Surroundings): Promise<number> {
  const { limit, csv, ...query } = flags;
  // Outcomes of a run that there is not would be no outcomes at all.
  if (query.run !== undefined) await client.run(query.run);
  if (csv) at.outRaw(csvRecord(COLUMNS));
  let shown = 0;
  for await (const shop of listShops(client, query)) {
    if (shown === limit) {
      at.note(`More than ${limit} fit: raise --limit.`);
      break;
    }
    shown++;
    if (csv) at.outRaw(csvRecord(COLUMNS.map((column) => shop[column])));
    else at.out(at.json ? JSON.stringify(shop) : shopLine(shop));
  }
  if (shown === 0 && !csv && !at.json) at.out("No shop fits.");
  return EXIT.done;
}

async function* listShops(client: OperatorClient, query: ShopQuery): AsyncGenerator<ListedShop> {
  for (let after: string | undefined; ;) {
    const page = await client.shops({ ...query, limit: PAGE, after });
    yield* page.shops;
    if (page.next === null) return;
    after = page.next;
  }
}

/** One shop: its state, why, what the app does next, what was. */
export async function shop(client: OperatorClient, domain: string, at: Surroundings): Promise<number> {
  const report = await client.shop(shopOfInput(domain) ?? domain);
  at.out(at.json ? JSON.stringify(report) : describeShop(report));
  return EXIT.done;
}
