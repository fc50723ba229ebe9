// Proves that the demo and its tour hold, and that Ctrl-C leaves nothing running.
import { beforeAll, expect, test, type TestContext } from "vitest";
import { ensureBuilt } from "../support/ensure-built.ts";
import { runScript, untilClosed, type ScriptProcess } from "../support/script-process.ts";

const ANY_PORTS = ["--admin-port", "0", "--app-port", "0", "--sandbox-port", "0"];

beforeAll(ensureBuilt);

/** A demo on ports of its own, which ends with the test. */
function startDemo(args: string[], { onTestFinished }: TestContext): ScriptProcess {
  const demo = runScript(["scripts/demo.ts", ...args, ...ANY_PORTS]);
  onTestFinished(async () => {
    demo.child.kill("SIGKILL");
    await demo.ended;
  });
  return demo;
}

test.concurrent("the tour holds", { timeout: 180_000 }, async (context) => {
  const demo = startDemo(["--tour", "--shops", "60"], context);
  const { code } = await demo.ended;
  expect(demo.output()).toContain("All of it holds: 7 steps");
  expect(code).toBe(0);
});

test.concurrent("the demo never leads a browser off this machine", async (context) => {
  const demo = startDemo(["--shops", "3"], context);
  await demo.saw(/Ctrl-C ends everything/);
  const own = /(http:\/\/127\.0\.0\.1:\d+)\/admin\/migrate-tokens/.exec(demo.output())![1]!;
  const open = (path: string) =>
    fetch(own + path, { redirect: "manual", headers: { accept: "text/html", "sec-fetch-dest": "document" } });
  const merchants = await open("/app?shop=first.myshopify.com");
  expect(merchants.status).toBe(307);
  expect(merchants.headers.get("location")).toMatch(/^http:\/\/localhost:\d+\/app\?shop=first\.myshopify\.com$/);
  const next = await fetch(merchants.headers.get("location")!, { headers: { accept: "text/html" } });
  expect(new URL(next.url).hostname).toBe("localhost");
  expect(await next.text()).not.toContain("https://admin.shopify.com");
  demo.child.kill("SIGINT");
  await demo.ended;
});

test.concurrent("Ctrl-C ends the demo and everything it started", async (context) => {
  const demo = startDemo(["--shops", "3"], context);
  await demo.saw(/Ctrl-C ends everything/);
  const output = demo.output();
  const ports = [...output.matchAll(/(?:127\.0\.0\.1|localhost):(\d+)|Postgres .* on port (\d+)/g)].map(
    ([, address, postgres]) => Number(address ?? postgres),
  );
  expect(new Set(ports).size).toBeGreaterThanOrEqual(4);
  expect(output.match(/^ *export MIGRATION_SECRET=[0-9a-f]{64}$/m)).not.toBeNull();

  demo.child.kill("SIGINT");
  expect((await demo.ended).code).toBe(130);
  for (const port of new Set(ports)) await untilClosed(port);
});
