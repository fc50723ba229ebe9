#!/usr/bin/env node
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { Command, InvalidArgumentError } from "commander";

import { startFronts } from "./admin/start-fronts.ts";
import { requireChoices, type Choices } from "./platform/choices.ts";
import { startSandbox } from "./start.ts";

/**
 * The simulator on a command line, for any app: `shopify-sandbox [options] [-- command…]`. Without a command it prints the environment to
 * start an app with and runs until SIGINT or SIGTERM; with one it runs the command in that environment and ends with its exit code.
 */

/** An app that says nothing of itself gets these. They open nothing real. */
const INVENTED = {
  SHOPIFY_API_KEY: "5a4d8c0f1b2e3d6978a1c4e5f0b3d2a6",
  SHOPIFY_API_SECRET: "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",
  SHOPIFY_APP_URL: "https://app.sandbox.test",
  SCOPES: "read_products",
};
const FREE_PORTS = "0: any free port";

/** An empty variable is an unset one. */
const fromEnvironment = (name: keyof typeof INVENTED): string => process.env[name] || INVENTED[name];

const integer = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError("a whole number is needed");
  return number;
};

const url = (value: string): string => {
  if (!URL.canParse(value) || !/^https?:/.test(value)) throw new InvalidArgumentError("an http or https URL is needed");
  return value.replace(/\/$/, "");
};

const list = (value: string): string[] =>
  value
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);

const choice = (value: string, before: Partial<Choices> = {}): Partial<Choices> => {
  const [name = "", picked = ""] = value.split("=");
  try {
    return { ...before, ...requireChoices({ [name]: /^\d+$/.test(picked) ? Number(picked) : picked }) };
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
};

const program = new Command("shopify-sandbox")
  .description(
    "Shopify's authentication platform, offline: installs, tokens, webhooks, Admin GraphQL, faults, a movable clock.",
  )
  .usage("[options] [-- command…]")
  .argument("[command...]", "run this with the app's environment, and end with its exit code: -- npm test")
  .option("--app-url <url>", "the app's public URL (default: SHOPIFY_APP_URL, else an invented one)", url)
  .option(
    "--app-origin <url>",
    "where the app listens (default: the app URL when http, else http://127.0.0.1:3000)",
    url,
  )
  .option("--client-id <id>", "client id (default: SHOPIFY_API_KEY, else an invented one)")
  .option("--client-secret <secret>", "client secret (default: SHOPIFY_API_SECRET, else an invented one)")
  .option("--name <name>", "the app's name in the Admin", "Your app")
  .option("--scopes <scopes>", "comma-separated access scopes (default: SCOPES, else read_products)", list)
  .option("--toml <path>", "shopify.app.toml: webhook subscriptions and redirect URLs")
  .option("--legacy-install-flow", "the app installs by authorization code grant", false)
  .option("--shop <domain...>", "shops to create, as example.myshopify.com", [])
  .option("--port <port>", `plain HTTP: control API, control page, health (${FREE_PORTS})`, integer, 4400)
  .option("--proxy-port <port>", `proxy that ends TLS for Shopify's hosts (${FREE_PORTS})`, integer, 4401)
  .option("--admin-port <port>", "Admin pages for an ordinary browser; the app gets the next port", integer, 4402)
  .option("--seed <number>", "seed of all randomness", integer, 1)
  .option("--data-dir <path>", "where the throw-away certificate authority is kept")
  .option("--choice <name=value>", "behaviour where Shopify documents none; may be repeated", choice, {})
  .addHelpText(
    "after",
    `
Examples
  npx shopify-sandbox --shop first.myshopify.com          starts it and prints the environment for your app
  npx shopify-sandbox --port 0 --proxy-port 0 --admin-port 0 -- npm test`,
  );

interface Options {
  appUrl?: string;
  appOrigin?: string;
  clientId?: string;
  clientSecret?: string;
  name: string;
  scopes?: string[];
  toml?: string;
  legacyInstallFlow: boolean;
  shop: string[];
  port: number;
  proxyPort: number;
  adminPort: number;
  seed: number;
  dataDir?: string;
  choice: Partial<Choices>;
}

async function main(): Promise<void> {
  const options = program.parse().opts<Options>();
  const command = program.args;
  const appUrl = options.appUrl ?? url(fromEnvironment("SHOPIFY_APP_URL"));
  const appOrigin = options.appOrigin ?? (appUrl.startsWith("http://") ? appUrl : "http://127.0.0.1:3000");
  const clientId = options.clientId ?? fromEnvironment("SHOPIFY_API_KEY");
  const clientSecret = options.clientSecret ?? fromEnvironment("SHOPIFY_API_SECRET");
  const scopes = options.scopes ?? list(fromEnvironment("SCOPES"));
  const sandbox = await startSandbox({
    app: {
      url: appUrl,
      clientId,
      clientSecret,
      name: options.name,
      scopes,
      legacyInstallFlow: options.legacyInstallFlow,
      tomlPath: options.toml,
      deliverTo: appOrigin,
    },
    port: options.port,
    proxyPort: options.proxyPort,
    dataDir: options.dataDir,
    seed: options.seed,
    choices: options.choice,
  });
  const fronts = await startFronts({ sandbox, appOrigin, httpPort: options.adminPort });
  for (const shop of options.shop) await sandbox.client.createShop(shop);
  const environment: Record<string, string> = {
    SHOPIFY_API_KEY: clientId,
    SHOPIFY_API_SECRET: clientSecret,
    SHOPIFY_APP_URL: appUrl,
    SCOPES: scopes.join(","),
    SANDBOX_URL: sandbox.url,
    ...sandbox.env,
  };
  const close = () => fronts.close().then(() => sandbox.close());
  const addresses = [
    `Admin (ordinary browser)  ${fronts.localUrl}`,
    `App, through the Admin's front  ${fronts.localAppUrl}`,
    `Control page              ${fronts.controlUrl}`,
    `Control API               ${sandbox.url}/control`,
    `Certificate authority     ${sandbox.caPath}`,
  ];
  if (command.length > 0) {
    // The command's own output stays its own.
    console.error(`${addresses.join("\n")}\n`);
    const code = await runIn(environment, command);
    await close();
    process.exit(code);
  }

  const printed = Object.entries(environment).map(([name, value]) => {
    // One that was given in the environment is named, not shown.
    const shown = name === "SHOPIFY_API_SECRET" && process.env[name] === value ? `$${name}` : value;
    return `    ${name}=${shown} \\`;
  });
  console.log(
    [
      ...addresses,
      "",
      "Start your app with its calls to Shopify coming here (Node 22.21, 24 or newer):",
      ...printed,
      "    node your-app.js",
      "",
    ].join("\n"),
  );
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

/** Runs a command to its end with these variables added. @returns its exit code; 128 and the signal's number when a signal ended it. */
async function runIn(environment: Record<string, string>, [file = "", ...args]: string[]): Promise<number> {
  const child = spawn(file, args, { stdio: "inherit", env: { ...process.env, ...environment } });
  // A terminal's Ctrl-C reaches the command by itself.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

try {
  await main();
} catch (error) {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  console.error(
    code === "EADDRINUSE"
      ? `Port ${port} is taken. Choose others with --port, --proxy-port and --admin-port, or 0 for any that is free.`
      : `The simulator could not start: ${message}`,
  );
  process.exit(1);
}
