// Proves that the worker runs alone, drains on SIGTERM and is replaced when it is killed.
import { spawn } from "node:child_process";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createJobs, type Jobs } from "../../app/jobs/queue/create-jobs.ts";
import { requireShopDomain } from "../../app/infra/shop-domain.ts";
import { createLogger } from "../../app/infra/log/log.server.ts";
import { createMetrics } from "../../app/infra/metrics.server.ts";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { TEST_APP } from "../support/sandbox.ts";
import { tokensHarness } from "./tokens-harness.ts";

/** `npm run worker`, as a process of its own. */
const world = tokensHarness();
const WAIT = { timeout: 15_000, interval: 25 };
/** How long a job that was given up may take to be had again. */
const LONG_WAIT = { timeout: 70_000, interval: 50 };
const ended: (() => Promise<unknown>)[] = [];
let producer: Jobs;

beforeAll(() => {
  const { prisma, ...tokens } = world.process();
  producer = createJobs({
    databaseUrl: world.database.url,
    tokens,
    db: prisma,
    log: createLogger("silent"),
    metrics: createMetrics({ withDefaults: false }),
    // Each process with the queue open looks for the jobs of those that were killed: this one need not be waited for.
    times: { abandonedSeconds: 1 },
  });
  return () => producer.stop();
});

afterEach(async () => {
  await Promise.all(ended.splice(0).map((end) => end()));
});

function startWorker(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["app/process/worker.ts"], {
    cwd: PROJECT_ROOT,
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      SHOPIFY_API_KEY: TEST_APP.clientId,
      SHOPIFY_API_SECRET: TEST_APP.clientSecret,
      SHOPIFY_APP_URL: TEST_APP.url,
      SCOPES: TEST_APP.scopes.join(","),
      DATABASE_URL: world.database.url,
      ...world.sandbox.env,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let logs = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (logs += text));
  const exit = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  ended.push(() => {
    child.kill("SIGKILL");
    return exit;
  });
  return { child, exit, logs: () => logs };
}

const shopRow = (shop: string) =>
  world.database.query(`SELECT name FROM expand_contract."Shop" WHERE shop = $1`, [shop]);

describe("the worker", () => {
  it("runs jobs by itself; on SIGTERM it finishes what it has in hand, leaves the rest, and ends with 0", async () => {
    const worker = startWorker();
    const first = await world.install("expiring", world.shopName());
    await producer.enqueue("refresh-shop", { shop: requireShopDomain(first) });
    await vi.waitFor(async () => expect(await shopRow(first)).toHaveLength(1), WAIT);

    const slow = await world.install("expiring", world.shopName());
    await world.sandbox.client.faults.add({
      shop: slow,
      endpoint: "graphql",
      effect: { kind: "latency", afterMs: 1_500 },
    });
    await producer.enqueue("refresh-shop", { shop: requireShopDomain(slow) });
    await vi.waitFor(async () => {
      expect(await world.sandbox.client.ledger.calls({ shop: slow, endpoint: "graphql" })).toHaveLength(1);
    }, WAIT);
    worker.child.kill("SIGTERM");
    await vi.waitFor(() => expect(worker.logs()).toContain("stopping"), WAIT);
    const late = await world.install("expiring", world.shopName());
    await producer.enqueue("refresh-shop", { shop: requireShopDomain(late) });

    expect(await worker.exit).toBe(0);
    expect(await shopRow(slow)).toHaveLength(1);
    expect(await shopRow(late)).toEqual([]);
    expect(await world.sandbox.client.ledger.findSecrets(worker.logs())).toEqual([]);

    startWorker();
    await vi.waitFor(async () => expect(await shopRow(late)).toHaveLength(1), WAIT);
  });

  it("is replaced when it is killed: another takes up what it had in hand", async () => {
    const shop = await world.install("expiring", world.shopName());
    const fault = await world.sandbox.client.faults.add({ shop, endpoint: "graphql", effect: { kind: "hang" } });
    const worker = startWorker();
    await producer.enqueue("refresh-shop", { shop: requireShopDomain(shop) });
    await vi.waitFor(async () => {
      expect(await world.sandbox.client.ledger.calls({ shop, endpoint: "graphql" })).toHaveLength(1);
    }, WAIT);
    worker.child.kill("SIGKILL");
    await worker.exit;
    await world.sandbox.client.faults.remove(fault);
    // As if the half minute had passed after which a worker without a sign of life is given up, and the wait before the next try.
    await world.database.query(
      `UPDATE expand_contract_jobs.job SET heartbeat_on = now() - interval '1 hour' WHERE state = 'active'`,
    );
    startWorker();
    const givenUp = `UPDATE expand_contract_jobs.job SET start_after = now() WHERE state = 'retry' RETURNING id`;
    await vi.waitFor(async () => expect(await world.database.query(givenUp)).toHaveLength(1), LONG_WAIT);
    await vi.waitFor(async () => expect(await shopRow(shop)).toHaveLength(1), WAIT);
  }, 90_000);

  it("names everything that is wrong with its environment, and ends with 1", async () => {
    const worker = startWorker({ SHOPIFY_API_SECRET: "", DATABASE_URL: "mysql://user:pa55word@host/db" });
    expect(await worker.exit).toBe(1);
    expect(worker.logs()).toMatch(/SHOPIFY_API_SECRET/);
    expect(worker.logs()).toMatch(/DATABASE_URL/);
    expect(worker.logs()).not.toMatch(/pa55word|at async|node:internal/);
  });
});
