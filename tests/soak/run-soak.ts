import { PgBoss } from "pg-boss";
import type { Answer } from "../benchmarks/races/merchants.ts";
import { judge } from "../benchmarks/races/outcome.ts";
import { shopNames, TOKEN_LATENCY } from "../benchmarks/races/scenario.ts";
import { startTraffic } from "../benchmarks/races/traffic.ts";
import { createWorld, type Databases } from "../benchmarks/races/world.ts";
import { measure, type Reading } from "./measure.ts";
import { passTime } from "./pass-time.ts";

export interface SoakOptions {
  databases: Pick<Databases, "create">;
  /** Of wall time. */
  minutes: number;
  /** Of the simulator's time. */
  days: number;
  shops: number;
  say(text: string): void;
}

interface Bound {
  what: string;
  seen: string;
  bound: string;
  holds: boolean;
}

export interface SoakResult {
  readings: Reading[];
  bounds: Bound[];
  answers: number;
  refreshes: number;
}

const DAY_MS = 86_400_000;
/** Chains of all ages at the beginning, so that keep-alive has the same to do each day. */
const AGES_DAYS = 40;
const AGE_STEPS = 8;
/** Their merchants come; the others' chains live by keep-alive alone. */
const ACTIVE_SHARE = 3;
const SCHEDULED = ["plan-keep-alive", "reconcile-shops", "retry-unserved", "prune-history"];
const POOL = 10;
const JOBS_POOL = 5;
/** Connections that listen: for jobs, and for runs. */
const LISTENERS = 2;
const EVENTS_PER_SHOP = 50;
const ROWS_PER_SHOP = 4;

/** Traffic, jobs and keep-alive while days go by. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const { databases, minutes, days, shops: count, say } = options;
  const world = await createWorld({ kind: "ours", databases, seed: 5 });
  const boss = new PgBoss({
    connectionString: world.databaseUrl,
    application_name: "soak",
    schema: "expand_contract_jobs",
    supervise: false,
    schedule: false,
    max: 1,
  });
  boss.on("error", () => {});
  try {
    await boss.start();
    // The processes make their queues after they have begun to serve.
    while (!(await boss.getQueue(SCHEDULED.at(-1)!))) await new Promise((resolve) => setTimeout(resolve, 200));
    const shops = shopNames("soak", count);
    const part = Math.ceil(count / AGE_STEPS);
    for (let step = 0; step < AGE_STEPS; step++) {
      const batch = shops.slice(step * part, (step + 1) * part);
      await world.install(batch.map((shop) => ({ shop, token: "expiring" as const })));
      if (step < AGE_STEPS - 1) await passTime(world, (AGES_DAYS / AGE_STEPS) * DAY_MS);
    }
    await world.sandbox.client.choices({ consent: "skip" });
    await world.sandbox.client.faults.add(TOKEN_LATENCY);

    const active = shops.filter((_, index) => index % ACTIVE_SHARE === 0);
    const mix = { open: 3, data: 5, webhook: 2 };
    const traffic = startTraffic(world, active, { merchants: 4, mix, seed: 5, pauseMs: 150 });
    const startedAt = performance.now();
    const stepMs = (minutes * 60_000) / days;
    const readings: Reading[] = [];
    for (let day = 1; day <= days; day++) {
      await passTime(world, DAY_MS);
      for (const name of SCHEDULED) await boss.send(name, null);
      const next = startedAt + day * stepMs;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
      readings.push(await measure(world, startedAt));
      say(`day ${day}: ${JSON.stringify(readings.at(-1))}`);
    }
    await traffic.stop();
    const outcome = await judge(world, shops, traffic.answers);
    const { calls } = world.sandbox.platform.state.ledger;
    const given = new Set(calls.filter(({ grant }) => grant === "id_token").map(({ shop }) => shop));
    return {
      readings,
      bounds: boundsOf(readings, options, traffic.answers, outcome.orphaned + given.size, outcome.wronglyDead),
      answers: traffic.answers.length,
      refreshes: calls.filter(({ grant }) => grant === "refresh").length,
    };
  } finally {
    await boss.stop({ graceful: false }).catch(() => {});
    await world.close();
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

function boundsOf(
  readings: readonly Reading[],
  { shops }: SoakOptions,
  answers: readonly Answer[],
  lost: number,
  wronglyDead: number,
): Bound[] {
  const most = (of: (reading: Reading) => number) => Math.max(...readings.map(of));
  const quarter = Math.max(1, Math.floor(readings.length / 4));
  const memory = (from: number) =>
    Math.max(...[0, 1].map((one) => median(readings.slice(from, from + quarter).map((r) => r.memoryMb[one]!))));
  const early = memory(quarter);
  const late = memory(readings.length - quarter);
  const databaseMb = (from: number) => median(readings.slice(from, from + quarter).map((r) => r.databaseMb));
  const failed = answers.filter(({ status }) => status < 200 || status >= 400);
  const statuses = [...new Set(failed.map(({ status }) => status || "no answer"))].join(", ");
  const upTo = (what: string, seen: number, bound: number, unit = ""): Bound => ({
    what,
    seen: `${Math.round(seen)}${unit}`,
    bound: bound === 0 ? "0" : `at most ${Math.round(bound)}${unit}`,
    holds: seen <= bound,
  });
  const leastDays = Math.min(...readings.map(({ leastDaysLeft }) => leastDaysLeft));
  return [
    upTo("chains lost", lost, 0),
    upTo("shops wrongly marked", wronglyDead, 0),
    upTo(
      "dead letters",
      most(({ deadLetters }) => deadLetters),
      0,
    ),
    // Whole tables are written anew when a day goes by, and a request may meet that.
    upTo(`requests failed${statuses && ` (${statuses})`}`, failed.length, answers.length / 500),
    {
      what: "days that the chain nearest to its end had left",
      seen: leastDays.toFixed(1),
      bound: "at least 40: due by day 40 of 90, and ten days to be late",
      holds: leastDays >= 40,
    },
    upTo(`memory of a process, last quarter (second quarter: ${Math.round(early)} MB)`, late, early * 1.25 + 32, " MB"),
    upTo(
      "connections to Postgres",
      most(({ connections }) => connections),
      2 * (POOL + JOBS_POOL + LISTENERS),
    ),
    upTo(
      "rows of TokenEvent",
      most(({ events }) => events),
      EVENTS_PER_SHOP * shops,
    ),
    upTo(
      "rows of the app's other tables (Session, ShopToken, …)",
      most(({ otherRows }) => otherRows),
      ROWS_PER_SHOP * shops,
    ),
    upTo(
      `size of the database, last quarter (second quarter: ${Math.round(databaseMb(quarter))} MB)`,
      databaseMb(readings.length - quarter),
      databaseMb(quarter) * 1.25 + 16,
      " MB",
    ),
    upTo(
      "jobs that wait",
      most(({ waitingJobs }) => waitingJobs),
      shops,
    ),
    upTo(
      "parked jobs",
      most(({ parkedJobs }) => parkedJobs),
      0,
    ),
    upTo(
      "finished jobs that are kept",
      most(({ finishedJobs }) => finishedJobs),
      10 * shops,
    ),
  ];
}
