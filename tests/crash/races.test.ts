// Proves that a storm of writers, faults and kills loses no shop.
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { storm } from "../benchmarks/races/storm.ts";
import { createWorld, type World } from "../benchmarks/races/world.ts";
import { ensureBuilt } from "../support/ensure-built.ts";
import { createTestDatabase } from "../support/postgres.ts";

/**
 * The last row of the table in docs/benchmarks/races.md, small: every writer at once on two processes of the production build, Shopify
 * failing at random, either process killed at random. `npm run bench -- races` runs it with 2,000 shops, and on the plain library.
 */
let world: World | undefined;

beforeAll(ensureBuilt);
afterEach(() => world?.close());

describe("a storm of writers, faults and SIGKILL", () => {
  it("orphans no shop, declares none dead, and leaves every merchant with a working app", async () => {
    world = await createWorld({ kind: "ours", databases: { create: createTestDatabase }, seed: 11 });
    const said: string[] = [];
    const result = await storm(world, {
      shops: 60,
      seconds: 10,
      merchants: 10,
      seed: 11,
      say: (text) => said.push(text),
    });

    expect(result.orphaned, said.join("\n")).toBe(0);
    expect(result, said.join("\n")).toMatchObject({ wronglyDead: 0, overlaps: 0, stillBroken: 0, permanentTokens: 0 });
    // It was a storm.
    expect(result.kills).toBeGreaterThanOrEqual(2);
    expect(result.faultsPlayed).toBeGreaterThan(0);
    expect(result.tokenCalls).toBeGreaterThan(40);
    const logs = world.processes.map((app) => app.logs()).join("\n");
    expect(await world.sandbox.client.ledger.findSecrets(logs)).toEqual([]);
  }, 120_000);
});
