import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT_ROOT } from "../project-root.ts";

/** The app as the simulator knows it. The secrets are new with each run and open nothing real. */
export interface DemoApp {
  url: string;
  clientId: string;
  clientSecret: string;
  scopes: string[];
  name: string;
  handle: string;
}

export const PHASES = {
  legacy: { TOKEN_EXCHANGE_ENABLED: "false", LEGACY_INSTALL_FLOW_ENABLED: "true" },
  expand: { TOKEN_EXCHANGE_ENABLED: "true", LEGACY_INSTALL_FLOW_ENABLED: "true" },
  contract: { TOKEN_EXCHANGE_ENABLED: "true", LEGACY_INSTALL_FLOW_ENABLED: "false" },
} as const;

export type DemoPhase = keyof typeof PHASES;

export function createDemoApp(): DemoApp {
  return {
    // Shopify knows apps by https addresses only; this one exists in the simulator alone.
    url: "https://app.sandbox.test",
    clientId: randomBytes(16).toString("hex"),
    clientSecret: `shpss_${randomBytes(16).toString("hex")}`,
    scopes: ["read_products"],
    name: "Expand, then contract",
    handle: "expand-contract",
  };
}

/** Writes `shopify.app.toml` with the demo's address into `folder`: what `shopify app deploy` would tell Shopify. */
export async function writeDemoToml(app: DemoApp, folder: string): Promise<string> {
  const toml = await readFile(join(PROJECT_ROOT, "shopify.app.toml"), "utf8");
  const file = join(folder, "shopify.app.toml");
  await writeFile(
    file,
    toml
      .replaceAll(/^client_id = .*$/gm, `client_id = "${app.clientId}"`)
      .replaceAll("https://app.example.com", app.url),
  );
  return file;
}
