// Proves that every alert, panel and statement of docs/monitoring speaks of what the app really exposes, and that Prometheus takes them.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { parser } from "@prometheus-io/lezer-promql";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { findFreePort } from "../../scripts/free-port.ts";
import { appHarness } from "./app-harness.ts";

const DIRECTORY = "docs/monitoring";
const MONITOR_SECRET = "monitor-0123456789abcdef0123456789";

// During a rotation of the client secret there is something of every metric.
const world = appHarness({ env: { MONITOR_SECRET, SHOPIFY_API_SECRET_PREVIOUS: "shpss_of_before" } });

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
  await vi.waitFor(
    async () => {
      const headers = { Authorization: `Bearer ${MONITOR_SECRET}` };
      metrics = await (await fetch(`${world.app.url}/metrics`, { headers })).text();
      expect(metrics).toContain(`app_job_done_timestamp_seconds{name="plan-keep-alive"}`);
    },
    { timeout: 25_000, interval: 250 },
  );
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
  for (const sql of statements) await world.database.query(sql);
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
          static_configs: [{ targets: [new URL(world.app.url).host] }],
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
