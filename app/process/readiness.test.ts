// Proves that however many ask at once whether the app is ready, the database is asked once.
import { expect, it } from "vitest";
import type { Database } from "../infra/database/database.ts";
import { notReadyBecause } from "./readiness.ts";

it("asks the database once for all who ask at the same time, and again for who asks later", async () => {
  const tokens = { keyProblem: async () => undefined, storageProblem: async () => undefined };
  const asked: unknown[] = [];
  const db = { query: async (statement: unknown) => (asked.push(statement), []) } as unknown as Database;
  const ask = () => notReadyBecause({ db, tokens });
  const answers = await Promise.all(Array.from({ length: 200 }, ask));
  expect(new Set(answers).size).toBe(1);
  const once = asked.length;
  expect(once).toBeGreaterThan(0);
  await ask();
  expect(asked.length).toBe(2 * once);
});
