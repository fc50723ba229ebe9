// Proves, with the short forms of `npm run test:faults`, that real faults under load lose no token, mark no shop wrongly and are answered in words.
import { beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../faults/fault.ts";
import { databaseFaults } from "../faults/kinds/database-faults.ts";
import { locks } from "../faults/kinds/locks.ts";
import { processFaults } from "../faults/kinds/process-faults.ts";
import { runBackup } from "../faults/kinds/restored-backup.ts";
import { runFault } from "../faults/run-fault.ts";
import { ensureBuilt } from "../support/ensure-built.ts";
import { createTestDatabase } from "../support/postgres.ts";

const databases = { create: createTestDatabase };
beforeAll(ensureBuilt);

// Two at a time: each is mostly waiting, and more would starve one another.
const PAIRS: [string, Fault][][] = [
  [
    ["a database that goes away in the middle of a migration", databaseFaults["database-gone-in-run"]!],
    ["a database that becomes read-only", databaseFaults["database-read-only"]!],
  ],
  [
    ["a table that another client has locked in the middle of a migration", locks["table-locked"]!],
    ["instances that stand still in the middle of a migration", processFaults["stopped-in-run"]!],
  ],
];
for (const pair of PAIRS)
  describe("side by side", () => {
    it.concurrent.each(pair)(
      "%s",
      async (_, fault) => {
        const result = await runFault(fault, { databases, seconds: 2, shops: 36, merchants: 4, calmMs: 500 });
        expect(result).toMatchObject({ tokensLost: 0, wronglyMarked: 0, stillBroken: 0 });
        expect(result.permanentTokens ?? 0).toBe(0);
        // Something was asked and could not be answered: then 503, or a connection that broke; never an error of the app.
        expect(Object.keys(result.failed).filter((status) => status !== "503" && status !== "no answer")).toEqual([]);
      },
      120_000,
    );
  });

it("everything restored from yesterday's backup: what the windows allow is healed, the rest is said, and no other shop is marked", async () => {
  const result = await runBackup(databases, 4);
  expect(result.groups.map(({ what, wrong }) => ({ what, wrong }))).toEqual(
    result.groups.map(({ what }) => ({ what, wrong: 0 })),
  );
  expect(result).toMatchObject({ needsReauth: 8, brokenAfterVisit: 0, orphansAfterVisit: 0 });
}, 180_000);
