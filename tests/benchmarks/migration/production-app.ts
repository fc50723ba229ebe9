import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type AppProcess, startAppProcess } from "../../../scripts/app-process.ts";
import type { RunView } from "../../../app/migration/index.ts";
import { TEST_APP } from "../../support/sandbox.ts";
import type { Bench } from "./bench-setup.ts";

const LOOK_MS = 100;
const SECRET = "x".repeat(32);
/** Linux counts in hundredths of a second. @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICK_MS = 10;

/** The production build, as `npm start` runs it. */
export function startProductionApp({ environment }: Bench): Promise<AppProcess> {
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

/** Has it migrate every permanent session, and waits for the end. @param look called ten times a second meanwhile. */
export async function migrateAll(app: AppProcess, bench: Bench, look = () => {}): Promise<RunView> {
  const begun = await fetch(`${app.url}/admin/migrate-tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/json" },
    body: JSON.stringify({ waitSeconds: 0 }),
  });
  let run = (await begun.json()) as RunView;
  while (run.status === "running") {
    await sleep(LOOK_MS);
    look();
    run = await bench.view(run.id);
  }
  if (run.status !== "completed") throw new Error(`the run is ${run.status}`);
  return run;
}

/** Processor time that a process has taken since it began, all its threads together; ms. */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
