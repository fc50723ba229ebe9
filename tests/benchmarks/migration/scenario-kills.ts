import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../../../sandbox/platform/random.ts";
import { type Scenario } from "./scenario.ts";

const SHOPS = 5_000;
const KILLS = 5;
const SEED = 7;

/** An instance killed five times at random, with answers lost on the way. */
export const kills: Scenario = async ({ bench, scale, say }) => {
  const shops = Math.round(SHOPS * scale);
  const random = createRandom(SEED);
  await bench.reset();
  await bench.seed(shops);
  const token = { endpoint: "token" as const };
  await bench.simulator.faults.add({ ...token, effect: { kind: "latency", beforeMs: [10, 100], afterMs: [10, 100] } });
  await bench.simulator.faults.add({ ...token, probability: 0.02, effect: { kind: "lost-after-commit" } });
  await bench.simulator.faults.add({ ...token, probability: 0.02, effect: { kind: "lost-before-commit" } });
  await bench.simulator.faults.add({
    ...token,
    probability: 0.02,
    effect: { kind: "status", status: 520, body: "text" },
  });
  let instance = await bench.startInstance();
  const run = await bench.run({}, async (id) => {
    for (let kill = 0; kill < KILLS; kill++) {
      const at = Math.floor(((kill + random.next()) / (KILLS + 1)) * shops);
      while ((await bench.view(id)).migrated < at) await sleep(20);
      const gone = once(instance, "exit");
      instance.kill("SIGKILL");
      await gone;
      instance = await bench.startInstance();
    }
  });
  await bench.stop(instance);
  const { rows } = await bench.database.query<{ shop: string; accessToken: string; refreshToken: string | null }>(
    `SELECT shop, "accessToken", "refreshToken" FROM "Session"`,
  );
  const orphaned = await bench.simulator.ledger.orphans(rows);
  const { rows: marked } = await bench.database.query(
    `SELECT 1 FROM expand_contract."ShopToken" WHERE "needsReauthAt" IS NOT NULL`,
  );
  const { rows: outcomes } = await bench.database.query<{ outcome: string; n: number }>(
    `SELECT outcome, count(*)::int AS n FROM expand_contract."MigrationOutcome" WHERE "runId" = $1 GROUP BY 1`,
    [run.id],
  );
  say(`${JSON.stringify(outcomes)}, ${orphaned.length} orphaned, ${marked.length} marked`);
  return [
    {
      measure: `SIGKILL five times during ${shops} shops, answers lost: orphaned / wrongly marked`,
      script: "starts anew by hand each time",
      ours: `${orphaned.length} / ${marked.length}`,
      required: "0 / 0",
      holds: orphaned.length === 0 && marked.length === 0,
    },
    {
      measure: "the same: shops with exactly one outcome",
      script: "none is kept",
      ours: outcomes.map((one) => `${one.n} ${one.outcome}`).join(", "),
      required: `${shops}`,
      holds: outcomes.length === 1 && outcomes[0]!.outcome === "migrated" && outcomes[0]!.n === shops,
    },
  ];
};
