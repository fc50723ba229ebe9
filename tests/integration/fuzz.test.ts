// Proves on a short, seeded attack what `npm run fuzz` proves on a long one: no 5xx, no pause, no call or row of another's shop, no secret.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { findFreePort } from "../../scripts/free-port.ts";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { HEADERS_READ } from "../fuzz/headers.ts";
import { runFuzz } from "../fuzz/run-fuzz.ts";
import { ensureBuilt } from "../support/ensure-built.ts";
import { testDatabase } from "../support/postgres.ts";

const REQUESTS = 1_200;
const SEED = 20_261_127;

const database = testDatabase();

it("a stranger's requests fail nothing", async () => {
  await ensureBuilt();
  const { failures, sent, answers } = await runFuzz({
    databaseUrl: database.current.url,
    phase: "expand",
    requests: REQUESTS,
    seed: SEED,
  });
  expect(failures).toEqual([]);
  expect(sent).toBe(REQUESTS);
  // Not everything is refused at the first door.
  expect(Object.values(answers).some((door) => door["200"])).toBe(true);
}, 60_000);

it("headers that the sources read are among those that are sent", () => {
  const known = new Set(HEADERS_READ.map((name) => name.toLowerCase()));
  const read = ["app", "server"].flatMap((folder) =>
    readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file) && !file.includes(".test."))
      .flatMap((file) => [
        ...readFileSync(join(PROJECT_ROOT, folder, file), "utf8").matchAll(
          /request\.(?:headers\.(?:get|has)|get)\("([^"]+)"|request\.headers\["([^"]+)"\]/g,
        ),
      ])
      .map(([, get, index]) => (get ?? index)!.toLowerCase()),
  );
  expect(read).not.toEqual([]);
  expect(read.filter((name) => !known.has(name))).toEqual([]);
});

it("a process that keeps its event loop busy is seen", async () => {
  const port = await findFreePort();
  const script = `setTimeout(() => {
    const { user } = process.threadCpuUsage();
    while (process.threadCpuUsage().user - user < 150_000);
    process.stdout.write("done");
  }, 100); setTimeout(() => {}, 20_000);`;
  const probe = pathToFileURL(join(PROJECT_ROOT, "tests/fuzz/app-probe.ts")).href;
  const child = spawn(process.execPath, ["--import", probe, "--eval", script], {
    env: { ...process.env, FUZZ_PROBE_PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(child.stdout, "data");
    const { ms } = (await (await fetch(`http://127.0.0.1:${port}/pause`)).json()) as { ms: number };
    expect(ms).toBeGreaterThan(100);
  } finally {
    child.kill();
  }
});
