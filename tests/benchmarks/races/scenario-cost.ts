import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Row, ScenarioContext } from "./scenario.ts";
import { createWorld, type World } from "./world.ts";

type Request = "open" | "data";
interface Cost {
  medianMs: number;
  queries: number;
}

const SHOP = "cost.myshopify.com";
const COUNT_QUERIES = pathToFileURL(join(import.meta.dirname, "count-queries.ts")).href;
const ALLOWED = 0.8;

/**
 * What an ordinary request costs: fresh session, one at a time, ours and the plain app in turns, so that whatever the machine does
 * meanwhile happens to both. No jobs, no faults, no latency at the simulator.
 */
export async function scenarioCost({ databases, seed, scale, say }: ScenarioContext): Promise<Row[]> {
  const env = { RUN_JOBS: "false", NODE_OPTIONS: `--import=${COUNT_QUERIES}` };
  const worlds = {
    plain: await createWorld({ kind: "plain", databases, processes: 1, seed, env }),
    ours: await createWorld({ kind: "ours", databases, processes: 1, seed, env }),
  };
  try {
    for (const world of Object.values(worlds)) await world.install([{ shop: SHOP, token: "expiring" }]);
    const rounds = Math.max(100, Math.round(600 * scale));
    const rows: Row[] = [];
    for (const request of ["open", "data"] as const) {
      const { plain, ours } = await measure(worlds, request, rounds);
      say(`${request}: ${JSON.stringify({ plain, ours })}`);
      const scenario = request === "open" ? "authenticated document, fresh session" : "data request, fresh session";
      const percent = (ours.medianMs / plain.medianMs - 1) * 100;
      rows.push(
        {
          scenario,
          measure: "median",
          plain: `${plain.medianMs.toFixed(2)} ms`,
          ours: `${ours.medianMs.toFixed(2)} ms (${percent > 0 ? "+" : ""}${percent.toFixed(1)}%)`,
          required: "at most −20%",
          holds: ours.medianMs <= plain.medianMs * ALLOWED,
        },
        {
          scenario,
          measure: "database queries",
          plain: plain.queries.toFixed(1),
          ours: ours.queries.toFixed(1),
          required: "1",
          holds: ours.queries <= 1.05,
        },
      );
    }
    return rows;
  } finally {
    await Promise.all(Object.values(worlds).map((world) => world.close()));
  }
}

async function measure(
  worlds: Record<"plain" | "ours", World>,
  request: Request,
  rounds: number,
): Promise<Record<"plain" | "ours", Cost>> {
  const times = { plain: [] as number[], ours: [] as number[] };
  const warmUp = Math.round(rounds / 3);
  const before = { plain: 0, ours: 0 };
  for (let round = -warmUp; round < rounds; round++) {
    if (round === 0) for (const kind of ["plain", "ours"] as const) before[kind] = await queriesOf(worlds[kind]);
    // Who is first changes with each round.
    for (const kind of round % 2 ? (["ours", "plain"] as const) : (["plain", "ours"] as const)) {
      const { status, ms } = await worlds[kind].merchants[request](SHOP, 0);
      if (status !== 200) throw new Error(`${kind} answered ${status}`);
      if (round >= 0) times[kind].push(ms);
    }
  }
  const cost = async (kind: "plain" | "ours"): Promise<Cost> => ({
    medianMs: median(times[kind]),
    queries: ((await queriesOf(worlds[kind])) - before[kind]) / rounds,
  });
  return { plain: await cost("plain"), ours: await cost("ours") };
}

/** Asks the process how many queries its Prisma client has sent so far. */
async function queriesOf({ processes: [app] }: World): Promise<number> {
  const said = () => [...app!.logs().matchAll(/^queries=(\d+)$/gm)];
  const { length } = said();
  process.kill(app!.pid, "SIGUSR2");
  while (said().length === length) await new Promise((resolve) => setTimeout(resolve, 5));
  return Number(said().at(-1)![1]);
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
