#!/usr/bin/env node
/**
 * `npx shopify-sandbox`: starts cli.ts with a Node that reads TypeScript (22.18 or newer), which is this one or the one that comes
 * with the repository's dependencies.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const cli = new URL("cli.ts", import.meta.url);
const bundledNode = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));

if (process.features.typescript) {
  await import(cli.href);
} else if (existsSync(bundledNode)) {
  const { status } = spawnSync(bundledNode, [fileURLToPath(cli), ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} else {
  console.error(
    "The simulator needs Node 22.18 or newer, or the repository's dependencies: run npm ci beside its package.json.",
  );
  process.exitCode = 1;
}
