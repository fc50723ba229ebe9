// Proves that nothing is spent at Shopify which the table of sessions would not keep, whatever keeps it from it; the simulator's ledger is the judge.
import { inspect } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { postgresError } from "../../app/infra/database/database-error.ts";
import { prismaDatabase } from "../../app/infra/database/prisma-database.ts";
import type { Statement } from "../../app/infra/database/queryable.ts";
import { openNativePrisma, QUOTED_TOKEN } from "../support/native-prisma.ts";
import { proofHarness } from "./proof-harness.ts";
import { COLUMN_OBSTACLES } from "./proof-obstacles-columns.ts";
import { PART_OBSTACLES } from "./proof-obstacles-parts.ts";
import { TABLE_OBSTACLES } from "./proof-obstacles-tables.ts";

const OBSTACLES = [...COLUMN_OBSTACLES, ...TABLE_OBSTACLES, ...PART_OBSTACLES];

const { h, emergency, unstored, behind } = proofHarness();
const clients: ReturnType<typeof openNativePrisma>[] = [];

afterAll(async () => {
  await Promise.all(clients.map((client) => client.$disconnect()));
});

function nativePrisma() {
  const native = openNativePrisma(h.database.url);
  clients.push(native);
  return native;
}

describe("as Prisma 5, or Prisma 6 with its native engine, says it", () => {
  test.each(OBSTACLES)("$name: known by kind, and no row is quoted", async (obstacle) => {
    await h.database.query(`TRUNCATE "Session"`);
    const tokens = h.process({ database: nativePrisma() });
    await behind(obstacle, async () => {
      const problem = await tokens.storageProblem();
      expect(problem).toMatchObject({ kind: obstacle.kind });
      expect(JSON.stringify(problem)).not.toContain(QUOTED_TOKEN);
    });
    expect(await tokens.storageProblem()).toBeUndefined();
  });

  test.each([
    ["23502", `INSERT INTO "Session" ("id") VALUES ('x')`],
    ["42P01", "SELECT 1 FROM nowhere"],
  ])("an error that goes on (%s) quotes no row, in no part of it", async (code, text) => {
    const db = prismaDatabase(nativePrisma());
    for (const ask of [db.query, (one: Statement) => db.transaction((tx) => tx.execute(one))]) {
      const error: unknown = await ask({ text, values: [] }).catch((caught: unknown) => caught);
      expect(postgresError(error)?.originalCode).toBe(code);
      expect(inspect(error, { depth: 9 })).toContain(code);
      expect(inspect(error, { depth: 9 })).not.toContain(QUOTED_TOKEN);
    }
  });
});

test.each(OBSTACLES)("$name: refused by name, and mended as said", async (obstacle) => {
  await h.database.query(`TRUNCATE "Session"`);
  const [shop, visited, fresh] = [await h.install("permanent"), await h.install("permanent"), await h.install("none")];
  const tokens = h.process({ emergency });
  await behind(obstacle, async () => {
    const unfit = { code: "storage_unfit", reason: obstacle.kind, message: expect.stringMatching(obstacle.says) };
    await expect(tokens.migrate(shop)).rejects.toMatchObject(unfit);
    await expect(
      h.process({ phase: "contract", emergency }).getSession(visited, { idToken: await h.idToken(visited) }),
    ).rejects.toMatchObject(unfit);
    await expect(tokens.getSession(fresh, { idToken: await h.idToken(fresh) })).rejects.toThrow();
    await expect(
      tokens.withAuthorizationCodeGrant(fresh, () => Promise.reject(new Error("the code was exchanged"))),
    ).rejects.toMatchObject(unfit);
    expect((await tokens.storageProblem())?.kind).toBe(obstacle.kind);
  });
  for (const one of [shop, visited, fresh]) expect(await h.tokenCalls(one)).toEqual([]);
  expect(await tokens.storageProblem()).toBeUndefined();
  await expect.poll(() => tokens.migrate(shop).catch(() => undefined)).toMatchObject({ outcome: "migrated" });
  await h.expectCurrent(shop);
  expect(await unstored()).toEqual([]);
});
