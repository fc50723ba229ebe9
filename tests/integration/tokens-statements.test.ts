// Proves how many statements a fresh session, an embedded page and a migrated shop cost: counts, which no machine changes.
import { expect, test, vi } from "vitest";
import { type Database, toDatabase } from "../../app/infra/database/database.ts";
import { tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();

test("a fresh session costs one query, no more than Shopify's own storage", async () => {
  const shop = await h.install("expiring");
  const { PrismaClient } = await import("@prisma/client");
  const { PrismaPg } = await import("@prisma/adapter-pg");
  const { PrismaSessionStorage } = await import("@shopify/shopify-app-session-storage-prisma");
  const prisma = new PrismaClient({
    adapter: new PrismaPg({ connectionString: h.database.url }),
    log: [{ emit: "event", level: "query" }],
  });
  let queries = 0;
  prisma.$on("query", () => queries++);
  try {
    const plain = new PrismaSessionStorage(prisma);
    await plain.loadSession(`offline_${shop}`);
    queries = 0;
    await plain.loadSession(`offline_${shop}`);
    const baseline = queries;
    const tokens = h.process({ database: prisma as never });
    await tokens.getSession(shop);
    queries = 0;
    await tokens.withRequest({ kind: "admin", idToken: await h.idToken(shop) }, () =>
      tokens.sessionStorage.loadSession(`offline_${shop}`),
    );
    expect(queries).toBe(1);
    expect(queries).toBeLessThanOrEqual(baseline);
  } finally {
    await prisma.$disconnect();
  }
});

/** A process whose statements are counted. */
function countingProcess() {
  const db = toDatabase(h.process().prisma);
  const asked = { statements: 0 };
  const counted = <Given extends unknown[], Answer>(ask: (...given: Given) => Answer) => {
    return (...given: Given): Answer => (asked.statements++, ask(...given));
  };
  const database = {
    query: counted(db.query),
    execute: counted(db.execute),
    transaction: counted(db.transaction),
  } as Database;
  return { tokens: h.process({ database }), asked };
}

test("an embedded page costs one statement, its session with the state that it shows, and reads anew what a call has changed", async () => {
  const { tokens, asked } = countingProcess();
  const [first, shop] = [await h.install("expiring"), await h.install("expiring")];
  const query = "query Name { shop { name } }";
  // The first call of a process reads the marks as well.
  await tokens.admin(first).graphql(query);
  const open = async () => tokens.admin(shop, { session: await tokens.getSession(shop, { withState: true }) });
  // However long it takes here.
  const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now());
  asked.statements = 0;
  const calm = await open();
  await calm.graphql(query);
  const state = await calm.state();
  expect(asked.statements).toBe(1);
  clock.mockReturnValue(performance.now() + 1_001);
  await calm.state();
  expect(asked.statements, "read again after a second").toBe(2);
  clock.mockRestore();
  expect(state).toEqual(await tokens.state(shop));
  expect(state).toMatchObject({ shop, status: "fresh", generation: 0 });

  await h.sandbox.client.faults.add({ shop, endpoint: "graphql", times: 1, effect: { kind: "status", status: 401 } });
  const healed = await open();
  await healed.graphql(query);
  expect(await healed.state()).toMatchObject({ status: "fresh", generation: 1, refreshedAt: expect.any(Date) });

  await h.sandbox.client.faults.add({ shop, endpoint: "graphql", times: 1, effect: { kind: "status", status: 402 } });
  const frozen = await open();
  await expect(frozen.graphql(query)).rejects.toMatchObject({ code: "shop_suspended" });
  expect(await frozen.state()).toMatchObject({ suspendedAt: expect.any(Date) });
});

test("a migrated shop costs two statements: the lease with its session, and the pair that gives it back", async () => {
  const { tokens, asked } = countingProcess();
  const [first, second] = [await h.install("permanent"), await h.install("permanent")];
  // The first one of a process proves the storage as well.
  await tokens.migrate(first);
  asked.statements = 0;
  expect(await tokens.migrate(second)).toMatchObject({ outcome: "migrated" });
  expect(asked.statements).toBe(2);
});
