// Proves that a lost, wrong or forgotten key and a value that was moved destroy nothing, are refused and said, and are healed as the runbook says.
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { StorageUnfitError, UnreadableTokenError } from "../../app/tokens/index.ts";
import { DAY_MS, HOUR_MS } from "./tokens-harness.ts";
import { sealingHarness } from "./sealing-harness.ts";

const { h, k1, k2, k3, wrongK1, sealing, opening, plain, stored, keysOf, online } = sealingHarness();

describe("a lost or wrong key", () => {
  const damaged = [
    { name: "another key of the same id", keys: () => sealing(wrongK1), kind: "token_key_wrong", blocks: true },
    { name: "no key at all", keys: plain, kind: "token_key_missing", blocks: true },
    { name: "only a new key", keys: () => sealing(k2), kind: "token_key_missing", blocks: false },
    { name: "a wrong key behind a new one", keys: () => sealing(k3, wrongK1), kind: "token_key_wrong", blocks: false },
  ];

  test.each(damaged)(
    "$name: said in words, nothing overwritten, no shop marked, Shopify not asked",
    async ({ keys, kind, blocks }) => {
      const right = sealing(k1);
      const [permanent, chain, fresh] = [
        await h.install("permanent"),
        await h.install("expiring"),
        await h.install("none"),
      ];
      await right.convertRows();
      await right.sessionStorage.storeSession(online(chain));
      await h.advance(2 * HOUR_MS);
      const before = [await stored(permanent), await stored(chain)];
      const marks = [await h.marks(permanent), await h.marks(chain)];

      const tokens = keys();
      expect(await tokens.keyProblem()).toMatchObject({ kind, isBlocking: blocks });
      expect((await tokens.sealing()).problem).toMatch(/TOKEN_ENCRYPTION_KEYS.*(Put the former key back|Add it again)/);
      const refused = blocks ? StorageUnfitError : UnreadableTokenError;
      const idToken = await h.idToken(chain);
      await expect(tokens.getSession(chain)).rejects.toBeInstanceOf(refused);
      await expect(tokens.getSession(chain, { idToken })).rejects.toBeInstanceOf(refused);
      await expect(tokens.refresh(chain)).rejects.toBeInstanceOf(refused);
      await expect(tokens.admin(chain, { idToken }).graphql("{ shop { id } }")).rejects.toBeInstanceOf(refused);
      await expect(tokens.sessionStorage.loadSession(`${chain}_7`)).rejects.toBeInstanceOf(Error);
      if (blocks) {
        await expect(tokens.migrate(permanent)).rejects.toBeInstanceOf(StorageUnfitError);
        await expect(tokens.convertRows()).rejects.toBeInstanceOf(StorageUnfitError);
        await expect(tokens.sessionStorage.storeSession(online(permanent))).rejects.toBeInstanceOf(StorageUnfitError);
        await expect(tokens.getSession(fresh, { idToken: await h.idToken(fresh) })).rejects.toBeInstanceOf(
          StorageUnfitError,
        );
        expect(await h.tokenCalls(fresh)).toEqual([]);
      } else {
        expect(await tokens.migrate(permanent)).toMatchObject({
          outcome: "failed",
          code: kind === "token_key_wrong" ? "wrong_key" : "unknown_key",
        });
        expect((await tokens.convertRows()).unreadable).toBe(3);
        await tokens.getSession(fresh, { idToken: await h.idToken(fresh) });
      }
      // What needs no token goes on.
      expect((await tokens.state(chain)).status).toBe("expired");
      expect(
        await tokens.withRequest({ kind: "webhook" }, () => tokens.sessionStorage.loadSession(`offline_${chain}`)),
      ).toBeUndefined();
      expect(await tokens.recordScopes(chain, ["read_products"])).toBe(true);

      expect([await stored(permanent), await stored(chain)]).toEqual(before);
      expect([await h.marks(permanent), await h.marks(chain)]).toEqual(marks);
      expect([...(await h.tokenCalls(permanent)), ...(await h.tokenCalls(chain))]).toEqual([]);
      // No lease is left behind, and the right key finds everything as it was.
      const again = sealing(k1, ...(blocks ? [] : [k2, k3]));
      expect(await again.keyProblem()).toBeUndefined();
      expect((await again.getSession(chain)).accessToken).toBeTruthy();
      expect((await again.migrate(permanent)).outcome).toBe("migrated");
      await h.expectCurrent(chain);
      await h.expectCurrent(permanent);
    },
  );

  test("a canary that a backup has lost does not let a wrong key through", async () => {
    const shop = await h.install("expiring");
    await sealing(k1).convertRows();
    await h.database.query(`DELETE FROM expand_contract."TokenKey"`);
    expect(await sealing(wrongK1).keyProblem()).toMatchObject({ kind: "token_key_wrong" });
    expect(await h.database.query(`SELECT id FROM expand_contract."TokenKey"`)).toEqual([]);
    expect(await sealing(k1).keyProblem()).toBeUndefined();
    await sealing(k1).refresh(shop);
    await h.expectCurrent(shop);
  });
});

test("a key that is lost for good: after the statements of the runbook each merchant's visit heals the shop", async () => {
  const runbook = await readFile("docs/runbook.md", "utf8");
  const statements = /```sql\n(BEGIN;\n[\s\S]+?COMMIT;)\n```/.exec(runbook)![1]!;
  const [lost, kept] = [await h.install("expiring"), await h.install("expiring")];
  await sealing(k1).convertRows();
  await h.database.query(`DELETE FROM "Session" WHERE id = $1`, [`offline_${kept}`]);
  await sealing(k2).getSession(kept, { idToken: await h.idToken(kept) });
  expect(await sealing(k2).keyProblem()).toMatchObject({ kind: "token_key_missing" });
  await h.database.query(statements.replaceAll("<id>", "k1"));
  expect(await h.marks(lost)).toMatchObject({ needsReauthWhy: "key_lost" });
  const tokens = sealing(k2);
  expect(await tokens.keyProblem()).toBeUndefined();
  expect((await tokens.getSession(kept)).accessToken).toBeTruthy();
  await tokens.getSession(lost, { idToken: await h.idToken(lost) });
  await h.expectCurrent(lost);
  expect(await tokens.sealing()).toMatchObject({ sealed: { k2: 4 }, unreadable: 0, problem: null });
});

describe("processes whose keys differ, side by side", () => {
  test("in order, or in which of them seals: whatever one stores the others open, and a pass beside a migration loses nothing", async () => {
    const shops = await Promise.all(
      Array.from({ length: 15 }, (_, index) => h.install(index % 3 === 0 ? "expiring" : "permanent")),
    );
    const processes = [sealing(k1, k2, k3), sealing(k3, k1, k2), opening(k2, k3, k1)];
    const passes = processes.map((tokens) => tokens.convertRows({ pauseMs: 0 }));
    await Promise.all(
      shops.map((shop, index) => {
        const tokens = processes[index % processes.length]!;
        return index % 3 === 0 ? tokens.refresh(shop) : tokens.migrate(shop);
      }),
    );
    for (const { unreadable } of await Promise.all(passes)) expect(unreadable).toBe(0);
    for (const tokens of processes) {
      await Promise.all([tokens.convertRows({ pauseMs: 0 }), ...shops.map((shop) => processes[0]!.refresh(shop))]);
      for (const shop of shops)
        expect((await tokens.getSession(shop)).accessToken).toBe((await h.row(shop))!.accessToken);
    }
    for (const shop of shops) await h.expectCurrent(shop);
    expect((await processes[0]!.sealing()).unreadable).toBe(0);
  });

  test("of three keys one is taken away too early: its shops alone are refused, and are as they were once it is back", async () => {
    const [first, second, third] = [
      await h.install("expiring"),
      await h.install("expiring"),
      await h.install("permanent"),
    ];
    for (const [keys, shop] of [
      [[k1, k2, k3], first],
      [[k2, k3, k1], second],
    ] as const) {
      await sealing(...keys).refresh(shop);
    }
    await sealing(k3, k2, k1).migrate(third);
    expect([await keysOf(first), await keysOf(second), await keysOf(third)].map(([key]) => key)).toEqual([
      "k1",
      "k2",
      "k3",
    ]);
    const without = sealing(k3, k1);
    expect(await without.keyProblem()).toMatchObject({ kind: "token_key_missing", keys: ["k2"], isBlocking: false });
    const before = await stored(second);
    for (const shop of [first, third]) expect((await without.refresh(shop)).accessToken).toBeTruthy();
    await expect(without.refresh(second)).rejects.toMatchObject({ code: "token_unreadable", reason: "unknown_key" });
    expect(await without.convertRows()).toMatchObject({ unreadable: 1, isComplete: true });
    // The canary of the key that is missing stays: it is how a wrong one would be found.
    expect(
      (await h.database.query(`SELECT id FROM expand_contract."TokenKey" ORDER BY id`)).map(({ id }) => id as string),
    ).toContain("k2");
    expect(await stored(second)).toEqual(before);
    await sealing(k3, k2, k1).refresh(second);
    for (const shop of [first, second, third]) await h.expectCurrent(shop);
  });

  test("unsealing while others still seal: nothing is lost, and it goes on once they have stopped", async () => {
    const shops = await Promise.all(Array.from({ length: 6 }, () => h.install("expiring")));
    const late = sealing(k1);
    await late.convertRows();
    await Promise.all([opening(k1).convertRows({ pauseMs: 0 }), ...shops.map((shop) => late.refresh(shop))]);
    for (const shop of shops) await h.expectCurrent(shop);
    await opening(k1).convertRows();
    expect(await plain().keyProblem()).toBeUndefined();
    for (const shop of shops) {
      expect(await keysOf(shop)).toEqual(["plain", "plain"]);
      await plain().refresh(shop);
      await h.expectCurrent(shop);
    }
  });
});

test("a value that was moved to another row or column is refused and reported; its own row is not disturbed", async () => {
  const tokens = sealing(k1);
  const [thief, victim, odd] = [await h.install("expiring"), await h.install("expiring"), await h.install("expiring")];
  await tokens.convertRows();
  await h.database.query(
    `UPDATE "Session" t SET "accessToken" = v."accessToken", "refreshToken" = v."refreshToken" FROM "Session" v WHERE t.id = $1 AND v.id = $2`,
    [`offline_${thief}`, `offline_${victim}`],
  );
  await h.database.query(`UPDATE "Session" SET "accessToken" = "refreshToken" WHERE id = $1`, [`offline_${odd}`]);
  for (const shop of [thief, odd]) {
    const idToken = await h.idToken(shop);
    for (const use of [
      () => tokens.getSession(shop),
      () => tokens.refresh(shop),
      () => tokens.getSession(shop, { idToken }),
      () => tokens.admin(shop).graphql("{ shop { id } }"),
    ]) {
      await expect(use()).rejects.toMatchObject({ code: "token_unreadable", reason: "not_for_this_row" });
    }
    expect(await tokens.migrate(shop)).toMatchObject({ outcome: "failed", code: "not_for_this_row", retryable: false });
    expect(await h.tokenCalls(shop)).toEqual([]);
    expect((await h.marks(shop)).needsReauthWhy).toBeNull();
  }
  const { refusedRows, problem } = await tokens.sealing();
  expect(refusedRows.sort()).toEqual([`offline_${thief}`, `offline_${odd}`].sort());
  expect(problem).toBeNull();
  expect(h.log.some((line) => line.includes("does not open") && line.includes(thief))).toBe(true);
  // Re-sealing leaves it as it is, too.
  expect(await sealing(k2, k1).convertRows()).toMatchObject({ rows: 1, unreadable: 2 });
  await h.advance(60 * DAY_MS);
  await sealing(k2, k1).refresh(victim);
  await h.expectCurrent(victim);
});
