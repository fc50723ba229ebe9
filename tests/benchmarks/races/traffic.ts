import { createRandom } from "../../../sandbox/platform/random.ts";
import type { Answer } from "./merchants.ts";
import type { World } from "./world.ts";

export interface Traffic {
  answers: Answer[];
  /** Lets requests in flight end, and stops. */
  stop(): Promise<void>;
}

/** How often each kind of request is made, by weight. */
export type Mix = Partial<Record<"open" | "data" | "webhook" | "installByCode", number>>;

/** So many merchants at once, each asking for one thing after the other, of random shops and over random processes. */
export function startTraffic(
  world: World,
  shops: readonly string[],
  options: { merchants: number; mix: Mix; seed: number; pauseMs?: number },
): Traffic {
  const answers: Answer[] = [];
  const kinds = Object.entries(options.mix).flatMap(([kind, weight]) =>
    Array<keyof Mix>(weight).fill(kind as keyof Mix),
  );
  let over = false;
  const merchants = Array.from({ length: options.merchants }, async (_, index) => {
    const random = createRandom(options.seed * 1_000 + index);
    while (!over) {
      const shop = shops[Math.floor(random.next() * shops.length)]!;
      const kind = kinds[Math.floor(random.next() * kinds.length)]!;
      const process = random.next() < 0.5 ? 0 : 1;
      const begins = kind === "installByCode" && (await hasSession(world, shop)) ? "open" : kind;
      answers.push(await world.merchants[begins](shop, process));
      if (options.pauseMs) await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
    }
  });
  return {
    answers,
    async stop() {
      over = true;
      await Promise.all(merchants);
    },
  };
}

/**
 * The way through `/auth` is for shops that the app does not know yet. (An authorization code is good for one call: were its answer lost
 * over a living pair, nobody could bring that pair back before the merchant's next click.)
 */
async function hasSession({ query }: World, shop: string): Promise<boolean> {
  return (await query(`SELECT 1 FROM "Session" WHERE shop = $1 AND NOT "isOnline"`, [shop])).length > 0;
}
