#!/usr/bin/env node
/** `npx shopify-sandbox`: the built command line of the installed package, or the sources in a clone of the repository. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const OLDEST = [22, 13];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const source = new URL("./cli.ts", import.meta.url);
const clonesNode = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));

if (!existsSync(source)) {
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) await import("./dist/cli.js");
  else fail(`The simulator needs Node ${OLDEST.join(".")} or newer; this is ${process.version}.`);
} else if (process.features.typescript) {
  await import(source.href);
} else if (existsSync(clonesNode)) {
  const { status } = spawnSync(clonesNode, [fileURLToPath(source), ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} else {
  fail(
    "From a clone, the simulator needs Node 22.18 or newer, or the repository's dependencies: run npm ci beside its package.json.",
  );
}

/** @param {string} words */
function fail(words) {
  console.error(words);
  process.exitCode = 1;
}
