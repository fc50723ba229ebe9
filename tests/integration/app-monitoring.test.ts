// Proves that every alert, panel and statement of docs/monitoring speaks of what the app really exposes, and that Prometheus takes them.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { parser } from "@prometheus-io/lezer-promql";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import type { Sandbox } from "../../sandbox/start.ts";
import { findFreePort } from "../../scripts/free-port.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { testDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";

const DIRECTORY = "docs/monitoring";
const MONITOR_SECRET = "monitor-0123456789abcdef0123456789";
const database = testDatabase();
let sandbox: Sandbox;
let app: TestApp;
let metrics: string;

interface Rules {
  groups: { rules: { alert: string; expr: string; annotations: { summary: string; remedy: string } }[] }[];
}
interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}

const rules = (parse(await readFile(join(DIRECTORY, "alerts.yml"), "utf8")) as Rules).groups.flatMap(
  (group) => group.rules,
);
const { panels } = JSON.parse(await readFile(join(DIRECTORY, "dashboard.json"), "utf8")) as Dashboard;
const queries: [where: string, query: string][] = [
  ...rules.map(({ alert, expr }): [string, string] => [alert, expr]),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }): [string, string] => [title, expr])),
];

beforeAll(async () => {
  sandbox = await startTestSandbox();
  // During a rotation of the client secret there is something of every metric.
  app = await startTestApp({
    sandbox,
    databaseUrl: database.current.url,
    env: { MONITOR_SECRET, SHOPIFY_API_SECRET_PREVIOUS: "shpss_of_before" },
  });
  await vi.waitFor(
    async () => {
      const headers = { Authorization: `Bearer ${MONITOR_SECRET}` };
      metrics = await (await fetch(`${app.url}/metrics`, { headers })).text();
      expect(metrics).toContain(`app_job_done_timestamp_seconds{name="plan-keep-alive"}`);
    },
    { timeout: 25_000, interval: 250 },
  );
});
afterAll(async () => {
  await app?.expectNoSecrets();
  await app?.stop();
  await sandbox?.close();
});

interface Selector {
  metric: string;
  labels: { name: string; values: string[] | undefined }[];
}

/** Every selector of a query, with its labels; values are those of `=` and of a plain `=~ "a|b"`. */
function selectorsOf(query: string): Selector[] {
  const found: Selector[] = [];
  parser.parse(query).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${query}`);
      const text = query.slice(node.from, node.to);
      if (node.name === "VectorSelector") found.push({ metric: text.split(/[{\s]/)[0]!, labels: [] });
      if (node.name === "UnquotedLabelMatcher") {
        const [, name, operator, value] = /^(\w+)\s*(=~|=|!=|!~)\s*"(.*)"$/.exec(text) ?? [];
        found.at(-1)!.labels.push({ name: name!, values: operator?.startsWith("=") ? value!.split("|") : undefined });
      }
    },
  });
  return found;
}

/** `by (…)`: labels that a query keeps. */
const groupedBy = (query: string): string[] =>
  [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names]) => names!.split(",").map((name) => name.trim()));

const labelsOf = (metric: string): string[] =>
  metrics.split("\n").filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
/** Given by Prometheus, not by the app; it renames our `job`. */
const isOfPrometheus = (label: string) => ["instance", "exported_job", "le"].includes(label);
/** Series that begin to exist with the first event; their labels are declared in app/infra/metrics.server.ts. */
const DECLARED: Record<string, string[]> = {
  migration_outcomes_total: ["outcome"],
  token_pairs_stored_total: ["how"],
  token_stale_writes_total: ["source"],
  shops_needing_reauthorization_total: ["reason"],
  jobs_total: ["job", "result"],
  webhooks_total: ["topic", "result"],
  token_call_seconds: ["grant"],
  tokens_unserved: ["reason"],
  jobs_parked: ["reason"],
};

describe("each query", () => {
  it.each(queries)("%s: %s", (_, query) => {
    const selectors = selectorsOf(query);
    expect(selectors.length).toBeGreaterThan(0);
    for (const { metric, labels } of selectors) {
      const family = metric.replace(/_bucket$/, "");
      expect(metrics, metric).toContain(`# TYPE ${family} `);
      const series = labelsOf(metric);
      for (const { name, values } of labels) {
        for (const value of values ?? []) {
          expect(
            series.some((line) => line.includes(`${name}="${value}"`)),
            `${metric}{${name}="${value}"}`,
          ).toBe(true);
        }
      }
      if (selectors.length > 1) continue;
      for (const label of groupedBy(query).filter((one) => !isOfPrometheus(one))) {
        const isThere = series.some((line) => line.includes(`${label}="`)) || DECLARED[family]?.includes(label);
        expect(isThere, `${metric} by ${label}`).toBe(true);
      }
    }
  });

  it("is refused when it speaks of what is not there", () => {
    expect(() => selectorsOf("max(tokens")).toThrow();
    expect(metrics).not.toContain("# TYPE tokens_migratables ");
  });
});

it("says what to do about each alert", () => {
  for (const { alert, annotations } of rules) {
    expect(annotations.summary, alert).not.toBe("");
    expect(annotations.remedy, alert).not.toBe("");
  }
});

it("each statement runs on the app's database", async () => {
  const page = await readFile(join(DIRECTORY, "README.md"), "utf8");
  const statements = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql!);
  expect(statements.length).toBeGreaterThan(5);
  for (const sql of statements) await database.current.query(sql);
});

describe("traces", () => {
  it("are one span for each token call, with grant and outcome, and no token; sent before the process ends", async () => {
    const bodies: string[] = [];
    const collector = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        bodies.push(body);
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
    const traced = await startTestApp({
      sandbox,
      databaseUrl: database.current.url,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: "my-app" },
    });
    const [good, gone] = await sandbox.client.installShops([
      { shop: "traced-good.myshopify.com", token: "permanent" },
      { shop: "traced-gone.myshopify.com", token: "permanent" },
    ]);
    await sandbox.client.uninstall(gone!.shop, { webhook: false });
    for (const { shop, accessToken } of [good!, gone!]) {
      await database.current.query(
        `INSERT INTO "Session" (id, shop, state, scope, "accessToken") VALUES ('offline_' || $1::text, $1, '', 'read_products', $2)`,
        [shop, accessToken],
      );
    }
    const answer = await fetch(`${traced.url}/admin/migrate-tokens`, {
      method: "POST",
      headers: { Authorization: `Bearer ${traced.migrationSecret}` },
      body: JSON.stringify({ waitSeconds: 20 }),
    });
    expect(answer.status).toBe(200);
    await traced.stop();
    await new Promise((resolve) => collector.close(resolve));
    const text = bodies.join("");
    const calls = (await sandbox.client.ledger.calls({ endpoint: "token" })).filter(({ shop }) =>
      shop.startsWith("traced-"),
    );
    expect(text.match(/"shopify\.grant"/g)).toHaveLength(calls.length);
    expect(text).toContain(`"shopify.outcome","value":{"stringValue":"ok"}`);
    expect(text).toContain(`"server.address","value":{"stringValue":"traced-gone.myshopify.com"}`);
    expect(text).toContain(`"stringValue":"my-app"`);
    expect(await sandbox.client.ledger.findSecrets(text)).toEqual([]);
    await traced.expectNoSecrets();
  });

  it("load nothing where no endpoint is set", async () => {
    const source = `import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      const { openTraces } = await import("./app/infra/traces.server.ts");
      const count = async (env) => (await openTraces(env), loaded.filter((url) => url.includes("@opentelemetry")).length);
      process.stdout.write(JSON.stringify([await count({}), (await count({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" })) > 0]));
      process.exit();`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source]);
    expect(JSON.parse(stdout)).toEqual([0, true]);
  });
});

const onPath = (name: string) =>
  (process.env.PATH ?? "").split(delimiter).some((directory) => existsSync(join(directory, name)));

describe.skipIf(!onPath("prometheus") || !onPath("promtool"))("a real Prometheus", () => {
  it("takes the rules, and they fire and stay silent as alerts.test.yml says", async () => {
    const run = promisify(execFile);
    await run("promtool", ["check", "rules", join(DIRECTORY, "alerts.yml")]);
    await run("promtool", ["test", "rules", join(DIRECTORY, "alerts.test.yml")]);
  });

  it("scrapes the app with the monitor's secret and answers each query", async () => {
    const directory = await mkdtemp(join(tmpdir(), "prometheus-"));
    const config = {
      scrape_configs: [
        {
          job_name: "expand-contract",
          scrape_interval: "1s",
          authorization: { credentials: MONITOR_SECRET },
          static_configs: [{ targets: [new URL(app.url).host] }],
        },
      ],
    };
    await writeFile(join(directory, "prometheus.yml"), JSON.stringify(config));
    const address = `127.0.0.1:${await findFreePort()}`;
    const args = [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=${address}`,
    ];
    const prometheus = spawn("prometheus", args, { stdio: "ignore" });
    const ended = new Promise((resolve) => prometheus.once("close", resolve));
    const ask = async (query: string) => {
      const response = await fetch(`http://${address}/api/v1/query?query=${encodeURIComponent(query)}`);
      return (await response.json()) as { status: string; data?: { result: unknown[] }; error?: string };
    };
    try {
      const wait = { timeout: 15_000, interval: 200 };
      await vi.waitFor(
        async () => expect((await ask("watch_read_timestamp_seconds")).data?.result).toHaveLength(1),
        wait,
      );
      for (const [where, query] of queries) {
        const answer = await ask(query);
        expect(answer.status, `${where}: ${query}: ${answer.error}`).toBe("success");
      }
    } finally {
      prometheus.kill("SIGKILL");
      await ended;
      await rm(directory, { recursive: true, force: true });
    }
  });
});
