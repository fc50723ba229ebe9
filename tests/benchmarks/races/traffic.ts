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
      answers.push(await world.merchants[kind](shop, process));
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
