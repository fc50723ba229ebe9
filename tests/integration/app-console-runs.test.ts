// Proves a migration in the operator's console: its rehearsal, its confirmation, its streams and how many there may be, its stop.
import { beforeAll, describe, expect, it } from "vitest";
import { signInToConsole, type ConsoleVisitor } from "../support/console-visitor.ts";
import { appHarness } from "./app-harness.ts";
import { seedPermanentShops } from "./cli-harness.ts";

const MONITOR_SECRET = "monitor-monitor-monitor-monitor-1";

const world = appHarness({ env: { MONITOR_SECRET } });
let operator: ConsoleVisitor;
let monitor: ConsoleVisitor;

beforeAll(async () => {
  operator = await signInToConsole(world.app, world.app.migrationSecret);
  monitor = await signInToConsole(world.app, MONITOR_SECRET);
});

describe("a migration", () => {
  it("is rehearsed, confirmed, watched live, and can be stopped", async () => {
    await seedPermanentShops(world.sandbox, world.database, "console", 40);
    expect(await operator.page("/admin")).toContain("40 permanent tokens left to migrate");

    const rehearsed = await operator.post("/admin/runs/new", { concurrency: "2" });
    expect(rehearsed.status).toBe(303);
    const rehearsal = rehearsed.headers.get("location")!;
    expect(await operator.page(rehearsal)).toContain("40 stores would be tried");

    // Without the tick nothing begins.
    const confirmation = await operator.page(`${rehearsal}/start`);
    expect(confirmation).toContain("This cannot be undone");
    expect((await operator.post(`${rehearsal}/start`)).status).toBe(422);
    expect(await world.database.query(`SELECT FROM expand_contract."MigrationRun" WHERE NOT "dryRun"`)).toEqual([]);

    const fault = await world.sandbox.client.faults.add({
      shop: "console-*",
      endpoint: "token",
      effect: { kind: "latency", beforeMs: 600 },
    });
    const started = await operator.post(`${rehearsal}/start`, { understood: "yes" });
    const run = started.headers.get("location")!;
    expect(run).toMatch(/^\/admin\/runs\/[\w-]+$/);

    const page = await operator.page(run);
    expect(page).toContain("At work");
    expect(page).toContain(`data-live="${run}"`);
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="5"/></noscript>');

    // Nobody reads the stream of a HEAD: there is none.
    const head = await fetch(world.app.url + run, {
      method: "HEAD",
      headers: { Accept: "text/event-stream", Cookie: operator.cookie },
    });
    expect(head.headers.get("content-type")).toMatch(/^text\/html/);

    // Each stream begins with how the run stands now, so that one that was cut off is made good by the next.
    for (let n = 0; n < 2; n++) {
      const stream = await operator.get(run, { Accept: "text/event-stream" });
      expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/);
      const reader = stream.body!.getReader();
      const event = new TextDecoder().decode((await reader.read()).value);
      await reader.cancel();
      const { html, ended } = JSON.parse(/^event: run\ndata: (.*)\n\n$/s.exec(event)![1]!) as {
        html: string;
        ended: boolean;
      };
      expect(ended).toBe(false);
      expect(html).toContain("At work");
    }

    expect(await operator.page(`${run}/stop`)).toContain("Stop the run?");
    expect((await operator.post(`${run}/stop`)).headers.get("location")).toBe(run);
    await world.sandbox.client.faults.remove(fault);
    await expect.poll(() => operator.page(run), { timeout: 20_000 }).toContain("Stopped");
    expect(await operator.page("/admin/runs")).toContain("Rehearsal");
    // A run that has ended is not stopped again.
    expect((await operator.get(`${run}/stop`)).status).toBe(404);
  });

  it("is watched by 50 of a role at once in one process, and more are asked to come again", async () => {
    await seedPermanentShops(world.sandbox, world.database, "watched", 4);
    const program = { Authorization: `Bearer ${world.app.migrationSecret}`, "Content-Type": "application/json" };
    // Waits between its waves, and so goes on as long as it is watched.
    const body = JSON.stringify({ waves: "50%,100%", pauseBetween: "confirm", waitSeconds: 0 });
    const started = await fetch(`${world.app.url}/admin/migrate-tokens`, { method: "POST", headers: program, body });
    const { id } = (await started.json()) as { id: string };
    const watch = (visitor: ConsoleVisitor) => visitor.get(`/admin/runs/${id}`, { Accept: "text/event-stream" });

    const streams = await Promise.all(Array.from({ length: 50 }, () => watch(monitor)));
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    const refused = await watch(monitor);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await refused.json()).toMatchObject({ code: "too_many_streams" });
    expect(await monitor.page(`/admin/runs/${id}`)).toContain("data-live");
    const ofOperator = await watch(operator);
    expect(ofOperator.status).toBe(200);

    await Promise.all([...streams, ofOperator].map((stream) => stream.body!.cancel()));
    const again = async () => {
      const stream = await watch(monitor);
      await stream.body!.cancel();
      return stream.status;
    };
    await expect.poll(again, { timeout: 15_000 }).toBe(200);
    await fetch(`${world.app.url}/admin/migrate-tokens/${id}`, { method: "DELETE", headers: program });
  });

  it("names each field that cannot be used, and keeps what was typed", async () => {
    const response = await operator.post("/admin/runs/new", { limit: "-1", waves: "10%,5%", shops: "<b>no shop</b>" });
    expect(response.status).toBe(422);
    const text = await response.text();
    expect(text).toContain('id="limit-problem"');
    expect(text).toContain('id="waves-problem"');
    expect(text).toContain('id="shops-problem"');
    expect(text).not.toContain("<b>no");
  });
});
