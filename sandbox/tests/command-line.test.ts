/** The command line and the preload, as a developer of another app uses them. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { afterEach, expect, test } from "vitest";

import { createSandboxClient } from "../client.ts";
import { startSandbox } from "../start.ts";
import { APP } from "./support.ts";

const ROOT = join(import.meta.dirname, "../..");
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** Runs node and collects what it prints, until a line of it tells that it is ready. */
function run(args: string[], env: Record<string, string>): { child: ChildProcess; printed: () => string } {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let output = "";
  child.stdout!.on("data", (chunk) => (output += String(chunk)));
  child.stderr!.on("data", (chunk) => (output += String(chunk)));
  return { child, printed: () => output };
}

const FETCH_SHOP = `
  const answer = await fetch("https://cli.myshopify.com/admin/oauth/access_token", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ client_id: "nobody" }),
  });
  console.log(answer.status, (await answer.json()).error);
`;

test("another app's developer starts it by command, gets the addresses, and stops it with SIGTERM", async () => {
  const { child, printed } = run(
    [
      "sandbox/cli.ts",
      "--app-url",
      APP.url,
      "--client-id",
      APP.clientId,
      "--shop",
      "cli.myshopify.com",
      "--port",
      "0",
      "--proxy-port",
      "0",
      "--admin-port",
      "0",
    ],
    { SHOPIFY_API_SECRET: APP.clientSecret },
  );
  await expect.poll(printed, { timeout: 15_000 }).toContain("node your-app.js");
  expect(printed()).not.toContain(APP.clientSecret);
  const control = /Control API\s+(\S+)\/control/.exec(printed())![1]!;
  expect(await createSandboxClient(control).shop("cli.myshopify.com")).toMatchObject({ installed: false });

  // The printed environment alone brings an app's calls here, over TLS that is checked.
  const printedEnv = [...printed().matchAll(/^\s+([A-Z_]+)=(\S+) \\$/gm)].map(([, name, value]) => [name, value]);
  const app = run(["--input-type=module", "-e", FETCH_SHOP], Object.fromEntries(printedEnv) as Record<string, string>);
  await once(app.child, "exit");
  expect(app.printed().trim()).toBe("400 application_cannot_be_found");

  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number];
  expect(code).toBe(0);
});

test("a wrong command line says what is wrong, and a taken port which", { timeout: 20_000 }, async () => {
  const wrong = run(["sandbox/cli.ts", "--app-url", "my-app"], {});
  expect(await once(wrong.child, "exit")).toEqual([1, null]);
  expect(wrong.printed()).toMatch(/--app-url.*an http or https URL is needed/s);

  const sandbox = await startSandbox({ app: APP });
  const { port } = new URL(sandbox.url);
  const second = run(["sandbox/cli.ts", "--port", port, "--proxy-port", "0", "--admin-port", "0"], {});
  expect(await once(second.child, "exit")).toEqual([1, null]);
  expect(second.printed()).toContain(`Port ${port} is taken.`);
  await sandbox.close();
});

test("a command runs in the app's environment; output and exit code are its own", { timeout: 20_000 }, async () => {
  const command = `const shops = await fetch(process.env.SANDBOX_URL + "/control/shops", { method: "POST", body: "[]" });
    console.log("shops", (await shops.json()).result.total, process.env.SHOPIFY_APP_URL);
    process.exitCode = 7;`;
  const ports = ["--port", "0", "--proxy-port", "0", "--admin-port", "0"];
  const script = [process.execPath, "--input-type=module", "-e", command];
  const { child, printed } = run(
    ["sandbox/cli.ts", "--app-url", `${APP.url}/`, "--shop", "cli.myshopify.com", ...ports, "--", ...script],
    {},
  );
  expect(await once(child, "exit")).toEqual([7, null]);
  expect(printed()).toContain(`shops 1 ${APP.url}\n`);
  expect(printed()).not.toContain("node your-app.js");
});

test("the preload sends an app's calls to the plain port", async () => {
  const sandbox = await startSandbox({ app: APP });
  await sandbox.client.createShop("cli.myshopify.com");
  const app = run(["--import", "./sandbox/preload.mjs", "--input-type=module", "-e", FETCH_SHOP], {
    SANDBOX_URL: sandbox.url,
  });
  await once(app.child, "exit");
  expect(app.printed().trim()).toBe("400 application_cannot_be_found");
  await sandbox.close();
});
