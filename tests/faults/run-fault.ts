import { judge } from "../benchmarks/races/outcome.ts";
import type { Answer } from "../benchmarks/races/merchants.ts";
import { migrateOurs } from "../benchmarks/races/run-migration.ts";
import { shopNames, TOKEN_LATENCY } from "../benchmarks/races/scenario.ts";
import { startTraffic, type Traffic } from "../benchmarks/races/traffic.ts";
import { createWorld, type Databases, type World } from "../benchmarks/races/world.ts";
import { severable } from "../support/severable-database.ts";
import { type Fault, type FaultContext, sleep } from "./fault.ts";
import { visitAll } from "./visit-all.ts";

export interface FaultResult {
  /** Answers per second. */
  load: { before: number; during: number; after: number };
  /** Requests that were answered with an error, or not at all, and with what; from the beginning of the fault on. */
  failed: Record<string, number>;
  failedCount: number;
  /** Shops whose stored chain can never be refreshed again although Shopify holds a usable one. */
  tokensLost: number;
  /** Shops marked as needing their merchant although their token lives. */
  wronglyMarked: number;
  /** From the end of the fault until the first of two seconds without a failure. */
  recoveredMs: number;
  /** Afterwards: shops whose merchant was not answered 200. */
  stillBroken: number;
  /** Permanent tokens after the run, when one ran. */
  permanentTokens: number | undefined;
  holds: boolean;
}

export interface FaultOptions {
  databases: Pick<Databases, "create">;
  seconds?: number;
  shops?: number;
  merchants?: number;
  /** Before the fault, and after the recovery; milliseconds. */
  calmMs?: number;
  seed?: number;
}

/** A load balancer and a merchant have given up by then. */
const LONGEST_RECOVERY_MS = 60_000;
const QUIET_MS = 2_000;
const isFailure = ({ status }: Answer) => status < 200 || status >= 400;

/** Two processes of the production build under traffic; a fault happens; the simulator's ledger says what is lost. */
export async function runFault(fault: Fault, options: FaultOptions): Promise<FaultResult> {
  const { shops: count = 120, merchants = 8, calmMs = 4_000, seed = 1 } = options;
  const undo: (() => unknown)[] = [];
  const inner = await options.databases.create();
  undo.push(() => inner.drop());
  const way = await severable(inner.url);
  undo.push(() => way.close());
  try {
    const prepared = await fault.prepare?.(inner.url);
    if (prepared?.undo) undo.push(prepared.undo);
    const world = await createWorld({
      kind: "ours",
      databases: { create: () => Promise.resolve({ url: inner.url, drop: () => Promise.resolve() }) },
      seed,
      env: { DATABASE_URL: prepared?.databaseUrl ?? way.url, ...prepared?.env },
      envOf: prepared?.envOf,
      root: prepared?.root,
    });
    undo.push(() => world.close());
    const shops = shopNames("fault", count);
    const kinds = ["expiring", "permanent", "expiring", "none"] as const;
    await world.install(shops.map((shop, index) => ({ shop, token: kinds[index % kinds.length]! })));
    await world.sandbox.client.choices({ consent: "skip" });
    await world.sandbox.client.faults.add(TOKEN_LATENCY);

    const mix = { open: 4, data: 4, webhook: 4 };
    const traffic = startTraffic(world, shops, { merchants, mix, seed, pauseMs: 40 });
    const aging = ageTokens(world, shops);
    await untilWarm(traffic);
    const beganAt = performance.now();
    await sleep(calmMs);
    const faultAt = performance.now();
    const run = fault.inRun ? migrateOurs(world) : undefined;
    const seconds = options.seconds ?? fault.seconds;
    const context: FaultContext = { world, way, seconds, shops, onEnd: (one) => void undo.push(one) };
    await fault.happen(context);
    const endedAt = performance.now();
    const recoveredMs = await untilQuiet(traffic, endedAt);
    await sleep(calmMs);
    aging.stop();
    await traffic.stop();
    const overAt = performance.now();
    const migrated = await run;

    // Before the visits: a merchant's visit gives a shop a token again, and would hide what was lost.
    const after = await judge(world, shops, traffic.answers);
    const reacquired = countReacquired(
      world,
      shops.filter((_, index) => kinds[index % kinds.length] !== "none"),
    );
    const broken = await visitAll(world, shops);
    const failures = traffic.answers.filter((answer) => answer.at + answer.ms >= faultAt && isFailure(answer));
    const failed: Record<string, number> = {};
    for (const { status } of failures) {
      const name = status === 0 ? "no answer" : String(status);
      failed[name] = (failed[name] ?? 0) + 1;
    }
    const loadOf = (from: number, to: number) => {
      const done = traffic.answers.filter(({ at, ms }) => at + ms >= from && at + ms < to).length;
      return (done / (to - from)) * 1_000;
    };
    const result = {
      load: { before: loadOf(beganAt, faultAt), during: loadOf(faultAt, endedAt), after: loadOf(endedAt, overAt) },
      failed,
      failedCount: failures.length,
      tokensLost: after.orphaned + reacquired,
      wronglyMarked: after.wronglyDead,
      recoveredMs,
      stillBroken: broken,
      permanentTokens: migrated?.permanentTokens,
    };
    const isWhole = result.tokensLost + result.wronglyMarked + result.stillBroken + (result.permanentTokens ?? 0) === 0;
    return { ...result, holds: isWhole && recoveredMs < LONGEST_RECOVERY_MS };
  } finally {
    for (const one of undo.reverse()) {
      await Promise.resolve(one()).catch((error: unknown) => process.stderr.write(`  clean-up: ${String(error)}\n`));
    }
  }
}

/** Each second a part of the stored access tokens is too old, so that chains are renewed all the time. */
function ageTokens(world: World, shops: readonly string[]): { stop(): void } {
  let turn = 0;
  const timer = setInterval(() => {
    const part = shops.filter((_, index) => index % 12 === turn % 12);
    turn++;
    world.expire(part).catch(() => {}); // the fault may have reached our own connection
  }, 1_000);
  return { stop: () => clearInterval(timer) };
}

/** Both processes have served their first requests, which take longer. */
async function untilWarm({ answers }: Traffic): Promise<void> {
  const deadline = performance.now() + LONGEST_RECOVERY_MS;
  while (answers.filter(({ status }) => status === 200).length < 40 && performance.now() < deadline) await sleep(50);
}

async function untilQuiet({ answers }: Traffic, endedAt: number): Promise<number> {
  for (;;) {
    const last = answers.findLast((answer) => isFailure(answer));
    const lastAt = Math.max(endedAt, last ? last.at + last.ms : 0);
    const quietFor = performance.now() - lastAt;
    const isAnswering = answers.some(({ at, ms, status }) => at >= lastAt && ms >= 0 && status === 200);
    if (quietFor >= QUIET_MS && isAnswering) return lastAt - endedAt;
    if (performance.now() - endedAt > LONGEST_RECOVERY_MS) return LONGEST_RECOVERY_MS;
    await sleep(100);
  }
}

/** Shops that had a token at the beginning and were given one anew by a merchant's visit: their chain was lost. */
function countReacquired({ sandbox }: World, shops: readonly string[]): number {
  const had = new Set(shops);
  const calls = sandbox.platform.state.ledger.calls.filter(
    ({ endpoint, grant, shop }) =>
      endpoint === "token" && (grant === "id_token" || grant === "authorization_code") && had.has(shop),
  );
  return new Set(calls.map(({ shop }) => shop)).size;
}
