import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { rounded, type Scenario, type ScenarioContext } from "./scenario.ts";

/** 50,000 shops an hour. */
const PER_SECOND = 50_000 / 3_600;
/** A part of the hour at the hour's own rate: what a second holds and what a refresh costs is the same in each. */
const SECONDS = 180;
const BARE_SECONDS = 40;
const SETTLE_MS = 15_000;
const BASELINE_MS = 10_000;
const INSTANCE = new URL("./processes/refresh-instance.ts", import.meta.url);
const BARE = new URL("./processes/bare-refresher.ts", import.meta.url);

type Bench = ScenarioContext["bench"];

/** Installs shops that have a pair. */
async function seedPairs({ simulator, database }: Bench, count: number, prefix: string): Promise<void> {
  const shops = Array.from({ length: count }, (_, i) => `${prefix}-${String(i).padStart(6, "0")}.myshopify.com`);
  const installed = await simulator.installShops(shops.map((shop) => ({ shop, token: "expiring" as const })));
  await database.query(
    `INSERT INTO "Session" (id, shop, state, scope, "accessToken", expires, "refreshToken", "refreshTokenExpires")
     SELECT 'offline_' || shop, shop, '', 'read_products', access, now() + interval '1 hour', refresh, now() + interval '89 days'
     FROM jsonb_to_recordset($1::jsonb) AS r(shop text, access text, refresh text)`,
    [JSON.stringify(installed.map((one) => ({ shop: one.shop, access: one.accessToken, refresh: one.refreshToken })))],
  );
  await database.query(`ANALYZE "Session"`);
}

const stdio: ("ignore" | "inherit" | "ipc")[] = ["ignore", "inherit", "inherit", "ipc"];

async function bareCost(bench: Bench): Promise<number> {
  await seedPairs(bench, Math.round(BARE_SECONDS * PER_SECOND), "bare");
  const child = fork(BARE, { env: bench.environment({ PER_SECOND: String(PER_SECOND) }), stdio });
  const [{ processorMs }] = (await once(child, "message")) as [{ processorMs: number }];
  await once(child, "exit");
  await bench.database.query(`DELETE FROM "Session"`);
  return processorMs;
}

/** Background work that refreshes shops at the rate of 50,000 an hour, beside a bare client that sends as many refreshes as evenly. */
export const refresh: Scenario = async ({ bench, scale, say }) => {
  bench.useTls("direct");
  await bench.reset();
  const seconds = Math.round(SECONDS * scale);
  const shops = Math.round(seconds * PER_SECOND);
  const bareMs = await bareCost(bench);
  const { calls: before } = await bench.simulator.ledger.summary();
  await seedPairs(bench, shops, "kept");
  const instance = fork(INSTANCE, {
    env: bench.environment({ SECONDS: String(seconds), SHOPS: String(shops) }),
    stdio,
  });
  try {
    await once(instance, "message");
    const processor = async () => {
      const answer = once(instance, "message") as Promise<[{ cpuMs: number }]>;
      instance.send("resources");
      return (await answer)[0].cpuMs;
    };
    await sleep(SETTLE_MS);
    const settled = await processor();
    await sleep(BASELINE_MS);
    const begun = await processor();
    const idleShare = (begun - settled) / BASELINE_MS;
    const started = performance.now();
    instance.send("plan");
    let calls: { startedWall: number }[] = [];
    while (calls.length < shops && performance.now() - started < (seconds + 60) * 1_000) {
      await sleep(2_000);
      calls = await bench.simulator.ledger.calls({
        endpoint: "token",
        grant: "refresh",
        after: before,
        limit: 2 * shops,
      });
    }
    const elapsed = performance.now() - started;
    const ourMs = ((await processor()) - begun - idleShare * elapsed) / shops;
    if (calls.length !== shops) throw new Error(`${calls.length} refreshes instead of ${shops}`);
    const counts = perSecond(calls.map(({ startedWall }) => startedWall));
    const most = Math.max(...counts);
    const mean = shops / counts.length;
    say(
      `bare ${rounded(bareMs, 2)} ms, background work ${rounded(ourMs, 2)} ms; ${most} in a second, ${rounded(mean)} on average`,
    );
    return [
      {
        measure: `shops refreshed by background work, 50,000 an hour (${shops} in ${seconds} s): the fullest second ÷ the mean`,
        script: "–",
        ours: `${rounded(most / mean, 2)} (${most} ÷ ${rounded(mean)})`,
        required: "≤ 1.5",
        holds: most / mean <= 1.5,
      },
      {
        measure: "the same: processor time of a refresh ÷ that of a bare HTTPS client’s call at the same rate",
        script: "–",
        ours: `${rounded(ourMs / bareMs, 2)} (${rounded(ourMs, 2)} ÷ ${rounded(bareMs, 2)} ms)`,
        required: "≤ 1.6",
        holds: ourMs / bareMs <= 1.6,
      },
    ];
  } finally {
    bench.useTls(false);
    await bench.stop(instance);
  }
};

/** How many moments fall in each second from the first to the last. */
function perSecond(moments: readonly number[]): number[] {
  const first = moments.reduce((least, at) => Math.min(least, at));
  const counts: number[] = [];
  for (const at of moments) {
    const second = Math.floor((at - first) / 1_000);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return Array.from(counts, (count) => count ?? 0);
}
