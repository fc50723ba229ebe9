// Proves a migration in the operator's console: its rehearsal, its confirmation, its streams and how many there may be, its stop.
import { describe, expect, it } from "vitest";
import { type ConsoleVisitor } from "../support/console-visitor.ts";
import { consoleHarness } from "./console-harness.ts";
import { seedPermanentShops } from "./cli-harness.ts";

const at = consoleHarness();
const { world } = at;

describe("a migration", () => {
  it("is rehearsed, confirmed, watched live, and can be stopped", async () => {
    await seedPermanentShops(world.sandbox, world.database, "console", 40);
    expect(await at.operator.page("/admin")).toContain("40 permanent tokens left to migrate");

    const rehearsed = await at.operator.post("/admin/runs/new", { concurrency: "2" });
    expect(rehearsed.status).toBe(303);
    const rehearsal = rehearsed.headers.get("location")!;
    expect(await at.operator.page(rehearsal)).toContain("40 stores would be tried");

    // Without the tick nothing begins.
    const confirmation = await at.operator.page(`${rehearsal}/start`);
    expect(confirmation).toContain("This cannot be undone");
    expect((await at.operator.post(`${rehearsal}/start`)).status).toBe(422);
    expect(await world.database.query(`SELECT FROM expand_contract."MigrationRun" WHERE NOT "dryRun"`)).toEqual([]);

    const fault = await world.sandbox.client.faults.add({
      shop: "console-*",
      endpoint: "token",
      effect: { kind: "latency", beforeMs: 600 },
    });
    const started = await at.operator.post(`${rehearsal}/start`, { understood: "yes" });
    const run = started.headers.get("location")!;
    expect(run).toMatch(/^\/admin\/runs\/[\w-]+$/);

    const page = await at.operator.page(run);
    expect(page).toContain("At work");
    expect(page).toContain(`data-live="${run}"`);
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="5"/></noscript>');

    // Nobody reads the stream of a HEAD: there is none.
    const head = await fetch(world.app.url + run, {
      method: "HEAD",
      headers: { Accept: "text/event-stream", Cookie: at.operator.cookie },
    });
    expect(head.headers.get("content-type")).toMatch(/^text\/html/);

    // Each stream begins with how the run stands now, so that one that was cut off is made good by the next.
    for (let n = 0; n < 2; n++) {
      const stream = await at.operator.get(run, { Accept: "text/event-stream" });
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

    expect(await at.operator.page(`${run}/stop`)).toContain("Stop the run?");
    expect((await at.operator.post(`${run}/stop`)).headers.get("location")).toBe(run);
    await world.sandbox.client.faults.remove(fault);
    await expect.poll(() => at.operator.page(run), { timeout: 20_000 }).toContain("Stopped");
    expect(await at.operator.page("/admin/runs")).toContain("Rehearsal");
    // A run that has ended is not stopped again.
    expect((await at.operator.get(`${run}/stop`)).status).toBe(404);
  });

  it("is watched by 50 of a role at once in one process, and more are asked to come again", async () => {
    await seedPermanentShops(world.sandbox, world.database, "watched", 4);
    const program = { Authorization: `Bearer ${world.app.migrationSecret}`, "Content-Type": "application/json" };
    // Waits between its waves, and so goes on as long as it is watched.
    const body = JSON.stringify({ waves: "50%,100%", pauseBetween: "confirm", waitSeconds: 0 });
    const started = await fetch(`${world.app.url}/admin/migrate-tokens`, { method: "POST", headers: program, body });
    const { id } = (await started.json()) as { id: string };
    const watch = (visitor: ConsoleVisitor) => visitor.get(`/admin/runs/${id}`, { Accept: "text/event-stream" });

    const streams = await Promise.all(Array.from({ length: 50 }, () => watch(at.monitor)));
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    const refused = await watch(at.monitor);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await refused.json()).toMatchObject({ code: "too_many_streams" });
    expect(await at.monitor.page(`/admin/runs/${id}`)).toContain("data-live");
    const ofOperator = await watch(at.operator);
    expect(ofOperator.status).toBe(200);

    await Promise.all([...streams, ofOperator].map((stream) => stream.body!.cancel()));
    const again = async () => {
      const stream = await watch(at.monitor);
      await stream.body!.cancel();
      return stream.status;
    };
    await expect.poll(again, { timeout: 15_000 }).toBe(200);
    await fetch(`${world.app.url}/admin/migrate-tokens/${id}`, { method: "DELETE", headers: program });
  });

  it("names each field that cannot be used, and keeps what was typed", async () => {
    const response = await at.operator.post("/admin/runs/new", {
      limit: "-1",
      waves: "10%,5%",
      shops: "<b>no shop</b>",
    });
    expect(response.status).toBe(422);
    const text = await response.text();
    expect(text).toContain('id="limit-problem"');
    expect(text).toContain('id="waves-problem"');
    expect(text).toContain('id="shops-problem"');
    expect(text).not.toContain("<b>no");
  });
});
