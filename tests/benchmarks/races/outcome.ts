import type { Answer } from "./merchants.ts";
import type { World } from "./world.ts";

/** What the simulator's ledger and the app's tables say after a scenario. */
export interface Outcome {
  /** Token calls per shop: fewest and most. */
  calls: { least: number; most: number; total: number };
  /** Shops whose stored pair can never be refreshed again although Shopify holds a usable one. */
  orphaned: number;
  /** Shops marked as needing their merchant although their stored token can still be refreshed. */
  wronglyDead: number;
  /** Token calls of one shop that ran side by side. */
  overlaps: number;
  answers: number;
  /** Errors and broken connections. */
  failed: number;
  /** Everything but 200: redirects, too. */
  not200: number;
  byStatus: Record<string, number>;
}

const isGood = ({ status }: Answer) => status >= 200 && status < 400;

/** Judges `shops` by the simulator's own records. */
export async function judge(world: World, shops: readonly string[], answers: readonly Answer[]): Promise<Outcome> {
  const { platform } = world.sandbox;
  const among = new Set(shops);
  const counts = new Map(shops.map((shop) => [shop, 0]));
  for (const { endpoint, shop } of platform.state.ledger.calls) {
    if (endpoint === "token" && among.has(shop)) counts.set(shop, counts.get(shop)! + 1);
  }
  const perShop = [...counts.values()];
  const rows = await world.rows();
  const orphans = new Set(platform.orphans(rows));
  const byStatus: Record<string, number> = {};
  for (const { kind, status } of answers) byStatus[`${kind} ${status}`] = (byStatus[`${kind} ${status}`] ?? 0) + 1;
  return {
    calls: { least: Math.min(...perShop), most: Math.max(...perShop), total: perShop.reduce((sum, n) => sum + n, 0) },
    orphaned: orphans.size,
    wronglyDead: await countWronglyDead(world, orphans),
    overlaps: platform.overlaps().length,
    answers: answers.length,
    failed: answers.filter((answer) => !isGood(answer)).length,
    not200: answers.filter(({ status }) => status !== 200).length,
    byStatus,
  };
}

async function countWronglyDead({ query, sandbox }: World, orphans: ReadonlySet<string>): Promise<number> {
  const marked = await query<{ shop: string }>(
    `SELECT shop FROM expand_contract."ShopToken" WHERE "needsReauthAt" IS NOT NULL`,
  );
  // A row that nobody ever had is orphaned exactly when Shopify holds a usable pair for the shop.
  const alive = sandbox.platform.orphans(marked.map(({ shop }) => ({ shop, accessToken: "", refreshToken: "none" })));
  return alive.filter((shop) => !orphans.has(shop)).length;
}

/** "12 of 20", or "0". */
export function share(part: number, whole: number): string {
  return part === 0 ? "0" : `${part} of ${whole}`;
}

export function range({ least, most }: { least: number; most: number }): string {
  return least === most ? String(most) : `${least}–${most}`;
}
