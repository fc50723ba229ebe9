// Proves that traces are one span for each token call, with grant and outcome and no token, and cost nothing where no endpoint is set.
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { startTestApp } from "../support/app-process.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { appHarness } from "./app-harness.ts";

const world = appHarness();

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
    // Of its own: another instance on it would take a share of the run, and trace nothing.
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const traced = await startTestApp({
      sandbox: world.sandbox,
      databaseUrl: database.url,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: "my-app" },
    });
    const [good, gone] = await world.sandbox.client.installShops([
      { shop: "traced-good.myshopify.com", token: "permanent" },
      { shop: "traced-gone.myshopify.com", token: "permanent" },
    ]);
    await world.sandbox.client.uninstall(gone!.shop, { webhook: false });
    for (const { shop, accessToken } of [good!, gone!]) {
      await database.query(
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
    const calls = (await world.sandbox.client.ledger.calls({ endpoint: "token" })).filter(({ shop }) =>
      shop.startsWith("traced-"),
    );
    expect(text.match(/"shopify\.grant"/g)).toHaveLength(calls.length);
    expect(text).toContain(`"shopify.outcome","value":{"stringValue":"ok"}`);
    expect(text).toContain(`"server.address","value":{"stringValue":"traced-gone.myshopify.com"}`);
    expect(text).toContain(`"stringValue":"my-app"`);
    expect(await world.sandbox.client.ledger.findSecrets(text)).toEqual([]);
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
