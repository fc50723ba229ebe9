#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from "commander";

import { startFronts } from "./admin/start-fronts.ts";
import { requireChoices, type Choices } from "./platform/choices.ts";
import { startSandbox } from "./start.ts";

/**
 * The simulator on a command line, for any app: `node sandbox/cli.ts --app-url … --client-id … --client-secret …`.
 * Prints where everything is and runs until SIGINT or SIGTERM. The client secret may come from SHOPIFY_API_SECRET, so
 * that it need not stand in a process list.
 */

/** An empty variable is an unset one. */
const fromEnvironment = (name: string): string | undefined => process.env[name] || undefined;

const integer = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError("a whole number is needed");
  return number;
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
  .requiredOption("--app-url <url>", "the app's public URL (application_url)", fromEnvironment("SHOPIFY_APP_URL"))
  .option("--app-origin <url>", "where the app really listens, when --app-url is only a name")
  .requiredOption("--client-id <id>", "client id (default: SHOPIFY_API_KEY)", fromEnvironment("SHOPIFY_API_KEY"))
  // With a description of the default, so that help does not print the secret.
  .addOption(
    new Option("--client-secret <secret>", "client secret")
      .default(fromEnvironment("SHOPIFY_API_SECRET"), "SHOPIFY_API_SECRET")
      .makeOptionMandatory(),
  )
  .option("--name <name>", "the app's name in the Admin", "Your app")
  .option(
    "--scopes <scopes>",
    "comma-separated access scopes (default: SCOPES)",
    list,
    list(fromEnvironment("SCOPES") ?? "read_products"),
  )
  .option("--toml <path>", "shopify.app.toml: webhook subscriptions and redirect URLs")
  .option("--legacy-install-flow", "the app installs by authorization code grant", false)
  .option("--shop <domain...>", "shops to create, as example.myshopify.com", [])
  .option("--port <port>", "plain HTTP: control API, control page, health", integer, 4400)
  .option("--proxy-port <port>", "proxy that ends TLS for Shopify's hosts", integer, 4401)
  .option("--admin-port <port>", "Admin pages for an ordinary browser; the app gets the next port", integer, 4402)
  .option("--seed <number>", "seed of all randomness", integer, 1)
  .option("--data-dir <path>", "where the throw-away certificate authority is kept")
  .option("--choice <name=value>", "behaviour where Shopify documents none; may be repeated", choice, {});

interface Options {
  appUrl: string;
  appOrigin?: string;
  clientId: string;
  clientSecret: string;
  name: string;
  scopes: string[];
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
  const appUrl = options.appUrl.replace(/\/$/, "");
  const appOrigin = options.appOrigin ?? (appUrl.startsWith("http://") ? appUrl : "http://127.0.0.1:3000");
  const sandbox = await startSandbox({
    app: {
      url: appUrl,
      clientId: options.clientId,
      clientSecret: options.clientSecret,
      name: options.name,
      scopes: options.scopes,
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

  const credentials = {
    SHOPIFY_API_KEY: options.clientId,
    // One that was given in the environment is named, not shown.
    SHOPIFY_API_SECRET:
      process.env.SHOPIFY_API_SECRET === options.clientSecret ? "$SHOPIFY_API_SECRET" : options.clientSecret,
    SHOPIFY_APP_URL: appUrl,
    SCOPES: options.scopes.join(","),
  };
  const environment = Object.entries({ ...credentials, ...sandbox.env }).map(
    ([name, value]) => `    ${name}=${value} \\`,
  );
  console.log(
    [
      `Admin (ordinary browser)  ${fronts.localUrl}`,
      `App, through the Admin's front  ${fronts.localAppUrl}`,
      `Control page              ${fronts.controlUrl}`,
      `Control API               ${sandbox.url}/control`,
      `Certificate authority     ${sandbox.caPath}`,
      "",
      "Start your app with its calls to Shopify coming here:",
      ...environment,
      "    node your-app.js",
      "",
    ].join("\n"),
  );

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    fronts
      .close()
      .then(() => sandbox.close())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

await main();
