import type { World } from "../benchmarks/races/world.ts";
import { sleep } from "./fault.ts";

const VISITORS = 6;
/** A merchant who is told that it takes longer than usual tries again. */
const TRIES = 3;

/** The merchant of each shop opens the app. @returns how many are not served. */
export async function visitAll(world: World, shops: readonly string[]): Promise<number> {
  let broken = 0;
  const left = [...shops];
  const visitor = async () => {
    for (let shop = left.pop(); shop; shop = left.pop()) {
      let status = 0;
      for (let tries = 0; tries < TRIES && status !== 200; tries++) {
        if (tries > 0) await sleep(1_000);
        ({ status } = await world.merchants.open(shop, left.length));
      }
      if (status !== 200) broken++;
    }
  };
  await Promise.all(Array.from({ length: VISITORS }, visitor));
  return broken;
}
