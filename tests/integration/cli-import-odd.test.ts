// Proves that a row which no storage of Shopify's writes is read as it is meant or said with its reason, and that the rows beside it are copied.
import { describe, expect, test } from "vitest";
import { DAY, importHarness, now, type Value } from "./import-harness.ts";

const { stored, imported, sqlite } = importHarness();

describe("rows as no storage of Shopify's writes them", () => {
  const LOOSE = `CREATE TABLE "Session" (id, shop, state, isOnline, scope, expires, accessToken, userId, refreshToken, refreshTokenExpires)`;
  const write = (...rows: Record<string, Value>[]) =>
    sqlite(
      LOOSE,
      "Session",
      rows.map((given, n) => {
        const shop = `odd${n}.myshopify.com`;
        return Object.entries<Value>({
          id: `offline_${shop}`,
          shop,
          state: "",
          isOnline: 0,
          accessToken: `shpat_${n}`,
          ...given,
        });
      }),
    );

  test.each([
    ["a NUL in a text", { scope: "a\0b" }, "has a character in scope that Postgres cannot keep"],
    ["a token that is no text", { accessToken: new Uint8Array([255, 1]) }, "has no text in accessToken"],
    ["a user's id of 24 digits", { isOnline: 1, userId: "9".repeat(24) }, "has no user's id in userId"],
    ["a time in the year 285,000", { expires: 9e15 }, "has no time in expires"],
    ["a word for whether it is online", { isOnline: "perhaps" }, "has neither yes nor no in isOnline"],
    ["a shop that is no domain", { shop: "odd\nshop" }, "is of no shop: its name is no domain"],
  ])("%s: said, and the rows beside it are copied", async (_, odd, reason) => {
    const { code, report } = await imported(write(odd, {}));
    expect(code).toBe(1);
    expect(report).toMatchObject({ inserted: 1, unreadable: [{ reason }] });
  });

  test("one id twice: one row, the newer pair, and a second time nothing", async () => {
    const id = { id: "offline_twice.myshopify.com", shop: "twice.myshopify.com" };
    const pair = (name: string, ends: number) => ({
      ...id,
      accessToken: `shpat_${name}`,
      expires: ends,
      refreshToken: `shprt_${name}`,
      refreshTokenExpires: ends,
    });
    const from = write(pair("new", now + 90 * DAY), pair("old", now + 80 * DAY), id);
    expect((await imported(from)).report).toMatchObject({ read: 3, inserted: 1, updated: 0, kept: 2 });
    expect(await stored()).toMatchObject([{ accessToken: "shpat_new", refreshToken: "shprt_new" }]);
    expect((await imported(from)).report).toMatchObject({ inserted: 0, updated: 0, kept: 3 });
  });

  test("words for whether it is online, tokens in binary columns, ids of 64 bits", async () => {
    const from = write(
      ...["true", "t", "YES", "1"].map((isOnline, n) => ({
        id: `online${n}`,
        isOnline,
        userId: 9_007_199_254_740_993n,
      })),
      ...["false", "f", "no", ""].map((isOnline) => ({
        isOnline,
        accessToken: new TextEncoder().encode("shpat_bytes"),
      })),
    );
    expect((await imported(from)).report).toMatchObject({ read: 8, online: 4, permanent: 4 });
    const rows = await stored();
    expect(rows.filter(({ isOnline }) => isOnline).map(({ userId }) => userId)).toEqual(
      Array(4).fill("9007199254740993"),
    );
    expect(rows.filter(({ isOnline }) => !isOnline).map(({ accessToken }) => accessToken)).toEqual(
      Array(4).fill("shpat_bytes"),
    );
  });

  test.each([
    ["2026-12-01 00:00:00.123456+02", "2026-11-30T22:00:00.123Z"],
    ["2026-12-01T00:00:00+0530", "2026-11-30T18:30:00.000Z"],
    ["2026-12-01", "2026-12-01T00:00:00.000Z"],
    [1_795_000_000.5, "2026-11-18T11:06:40.500Z"],
    ["1795000000000", "2026-11-18T11:06:40.000Z"],
  ])("%s is %s", async (expires, moment) => {
    await imported(write({ expires }));
    expect(await stored()).toMatchObject([{ expires: Date.parse(moment) }]);
  });

  test("a file whose name holds a percent sign", async () => {
    await expect(imported("file:a%zz.sqlite")).rejects.toMatchObject({
      code: "no_source",
      message: "a%zz.sqlite does not exist",
    });
  });
});
