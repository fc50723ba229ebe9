// Proves that callers of several processes never write over each other.
import { expect, test } from "vitest";
import { type Database, type PrismaLike, toDatabase } from "../../app/infra/database/database.ts";
import { HOUR_MS, tokensHarness } from "./tokens-harness.ts";

const h = tokensHarness();

const times = <T>(n: number, run: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, index) => run(index)));

/** A database that tells of each statement that reads a session or takes a lease: which of both, and how to run it. */
function withStatements(
  prisma: PrismaLike,
  around: <T>(isRead: boolean, run: () => Promise<T>) => Promise<T>,
): Database {
  const db = toDatabase(prisma);
  return {
    ...db,
    query(statement) {
      const isRead = statement.text.startsWith('SELECT s."id"');
      const isLease = statement.text.includes("WITH taken AS");
      return isRead || isLease ? around(isRead, () => db.query(statement)) : db.query(statement);
    },
  };
}

test("20 first opens at once, over two processes, make one exchange", async () => {
  const shop = await h.install("none");
  const [a, b] = [h.process(), h.process()];
  const idToken = await h.idToken(shop);
  await h.sandbox.client.faults.add({ shop, effect: { kind: "latency", beforeMs: 50, afterMs: 50 } });

  const sessions = await times(20, (i) => (i % 2 ? a : b).getSession(shop, { idToken }));

  const row = await h.expectCurrent(shop);
  expect(new Set(sessions.map((session) => session.accessToken))).toEqual(new Set([row.accessToken]));
  expect(await h.tokenCalls(shop)).toHaveLength(1);
});

test("20 loads of an expired session, over two processes, make one refresh", async () => {
  const shop = await h.install("expiring");
  const [a, b] = [h.process(), h.process()];
  await h.advance(2 * HOUR_MS);
  await h.sandbox.client.faults.add({ shop, effect: { kind: "latency", beforeMs: 50, afterMs: 50 } });

  const sessions = await times(20, (i) => (i % 2 ? a : b).getSession(shop));

  const row = await h.expectCurrent(shop);
  expect(new Set(sessions.map((session) => session.accessToken))).toEqual(new Set([row.accessToken]));
  expect(await h.tokenCalls(shop)).toHaveLength(1);
});

test.each(["new-pair", "same-pair", "refused"] as const)(
  "migrate, refresh, open and 401 at once leave the newest pair (concurrent refreshes: %s)",
  async (concurrentRefresh) => {
    await h.sandbox.client.choices({ concurrentRefresh });
    const shop = await h.install("permanent");
    const [a, b] = [h.process(), h.process()];
    const idToken = await h.idToken(shop);
    await times(24, async (i) => {
      const tokens = i % 2 ? a : b;
      if (i % 4 === 0) await tokens.migrate(shop);
      else if (i % 4 === 1) await tokens.getSession(shop, { idToken });
      else if (i % 4 === 2) await tokens.refresh(shop);
      else await tokens.admin(shop, { idToken }).graphql("{ shop { name } }");
    });
    const row = await h.expectCurrent(shop);
    expect(row.refreshToken).toMatch(/^shprt_/);
    expect((await h.marks(shop)).needsReauthWhy).toBeNull();
    await h.sandbox.client.choices({ concurrentRefresh: "new-pair" });
  },
);

test("callers of one process share one turn under the lease", async () => {
  const shop = await h.install("expiring");
  await h.advance(2 * HOUR_MS);
  const allHaveRead = Promise.withResolvers<void>();
  let [reads, turns] = [0, 0];
  const tokens = h.process({
    database: withStatements(h.process().prisma, async (isRead, run) => {
      if (!isRead) {
        turns++;
        await allHaveRead.promise;
      }
      const rows = await run();
      if (isRead && ++reads === 20) allHaveRead.resolve();
      return rows;
    }),
  });
  await times(20, () => tokens.getSession(shop));
  expect(turns).toBe(1);
});

test("a caller that decided before somebody else stored a pair reads again under the lease", async () => {
  const shop = await h.install("expiring");
  await h.advance(2 * HOUR_MS);
  const [slow, quick] = [h.process(), h.process()];
  // Between the slow one's look at the row and its turn under the lease, the quick one does everything.
  let between: (() => Promise<unknown>) | undefined = () => quick.getSession(shop);
  const prisma = withStatements(slow.prisma, async (isRead, run) => {
    const rows = await run();
    const act = isRead ? between : undefined;
    if (act) between = undefined;
    await act?.();
    return rows;
  });
  const session = await h.process({ database: prisma }).getSession(shop);
  expect(between, "the quick one came in between").toBeUndefined();
  expect(session.accessToken).toBe((await h.expectCurrent(shop)).accessToken);
  expect(await h.tokenCalls(shop)).toHaveLength(1);
});

test("a stale 401-invalidation changes nothing, refresh token included", async () => {
  const shop = await h.install("expiring");
  const tokens = h.process();
  const old = await tokens.sessionStorage.loadSession(`offline_${shop}`);
  await tokens.refresh(shop);
  const newer = await h.expectCurrent(shop);

  old!.accessToken = undefined;
  await tokens.sessionStorage.storeSession(old!);

  expect(await h.row(shop)).toEqual(newer);
  expect(await h.tokenCalls(shop)).toHaveLength(1);
});

test("an old session that a library stores again changes nothing", async () => {
  const shop = await h.install("expiring");
  const tokens = h.process();
  const old = await tokens.sessionStorage.loadSession(`offline_${shop}`);
  await tokens.refresh(shop);
  const newer = await h.expectCurrent(shop);

  await tokens.sessionStorage.storeSession(old!);

  expect(await h.row(shop)).toEqual(newer);
});

test("a whole old pair that somebody stores again never replaces a newer one", async () => {
  const shop = await h.install("expiring");
  const [tokens, other] = [h.process(), h.process()];
  const old = await other.prisma.session.findUniqueOrThrow({ where: { id: `offline_${shop}` } });
  await tokens.refresh(shop);
  await tokens.refresh(shop);

  const { Session } = await import("@shopify/shopify-api");
  await tokens.sessionStorage.storeSession(
    new Session({
      id: old.id,
      shop,
      state: "",
      isOnline: false,
      accessToken: old.accessToken,
      expires: old.expires!,
      refreshToken: old.refreshToken!,
      refreshTokenExpires: old.refreshTokenExpires!,
    }),
  );
  await h.expectCurrent(shop);
  expect((await h.row(shop))?.refreshToken).not.toBe(old.refreshToken);
});

test("20 keep-alives at once refresh once, even when one of them reads after the others' refresh", async () => {
  const shop = await h.install("expiring");
  const refreshed = Promise.withResolvers<void>();
  let reads = 0;
  const tokens = h.process({
    database: withStatements(h.process().prisma, async (isRead, run) => {
      if (isRead && ++reads === 20) await refreshed.promise;
      return run();
    }),
  });
  await times(20, (i) => (i === 0 ? tokens.refresh(shop).finally(refreshed.resolve) : tokens.refresh(shop)));
  await h.expectCurrent(shop);
  expect(await h.tokenCalls(shop)).toHaveLength(1);
});

test("20 keep-alives at once in two processes refresh once each at most", async () => {
  const shop = await h.install("expiring");
  const [a, b] = [h.process(), h.process()];
  await times(20, (i) => (i % 2 ? a : b).refresh(shop));
  await h.expectCurrent(shop);
  expect((await h.tokenCalls(shop)).length).toBeLessThanOrEqual(2);
});
