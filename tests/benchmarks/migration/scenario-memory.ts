import { setTimeout as sleep } from "node:timers/promises";
import { type AppProcess, startAppProcess } from "../../../scripts/app-process.ts";
import { TEST_APP } from "../../support/sandbox.ts";
import { fillTable } from "./fill-table.ts";
import { residentMb } from "./resident-memory.ts";
import { answersAfter, LATENCY_MS, rounded, type Scenario, type ScenarioContext } from "./scenario.ts";

const ROWS = 1_000_000;
const SHOPS = 1_000;
const SETTLE_MS = 15_000;
const LOOK_MS = 100;
const SECRET = "x".repeat(32);

interface Memory {
  idleMb: number;
  peakMb: number;
}

/** The production build, as `npm start` runs it. */
function startApp({ environment }: ScenarioContext["bench"]): Promise<AppProcess> {
  return startAppProcess({
    env: {
      ...environment(),
      SHOPIFY_API_KEY: TEST_APP.clientId,
      SHOPIFY_API_SECRET: TEST_APP.clientSecret,
      SHOPIFY_APP_URL: TEST_APP.url,
      SCOPES: TEST_APP.scopes.join(","),
      MIGRATION_SECRET: SECRET,
    },
  });
}

async function migrate(app: AppProcess, memory: Memory): Promise<void> {
  const headers = { authorization: `Bearer ${SECRET}`, "content-type": "application/json" };
  const begun = await fetch(`${app.url}/admin/migrate-tokens`, {
    method: "POST",
    headers,
    body: JSON.stringify({ waitSeconds: 0 }),
  });
  let run = (await begun.json()) as { id: string; status: string; migrated: number };
  while (run.status === "running") {
    await sleep(LOOK_MS);
    memory.peakMb = Math.max(memory.peakMb, residentMb(app.pid));
    run = (await (await fetch(`${app.url}/admin/migrate-tokens/${run.id}`, { headers })).json()) as typeof run;
  }
  if (run.status !== "completed") throw new Error(`the run is ${run.status}`);
}

/** What an instance holds while it migrates a thousand shops in a table of a million rows, beside the same instance before. */
export const memory: Scenario = async ({ bench, scale, say }) => {
  bench.useTls("direct");
  await bench.reset();
  const rows = Math.round(ROWS * scale);
  await fillTable(bench, rows - SHOPS);
  await bench.seed(SHOPS);
  await bench.database.query(`VACUUM (ANALYZE) "Session"`);
  await bench.simulator.faults.add(answersAfter(LATENCY_MS));
  const app = await startApp(bench);
  try {
    await sleep(SETTLE_MS);
    const idleMb = residentMb(app.pid);
    const found: Memory = { idleMb, peakMb: idleMb };
    await migrate(app, found);
    const grown = found.peakMb - found.idleMb;
    say(`idle ${rounded(found.idleMb)} MB, at most ${rounded(found.peakMb)} MB while it migrates`);
    return [
      {
        measure: `memory of an instance that migrates ${SHOPS} shops in a table of ${rows.toLocaleString("en")} rows, over the same one idle`,
        script: "–",
        ours: `+${rounded(grown)} MB (${rounded(found.idleMb)} → ${rounded(found.peakMb)})`,
        required: "≤ +32 MB",
        holds: grown <= 32,
      },
    ];
  } finally {
    bench.useTls(false);
    await app.stop();
  }
};
