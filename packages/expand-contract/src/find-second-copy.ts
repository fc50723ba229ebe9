import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const API = "@shopify/shopify-api";
const LIBRARIES = ["remix", "react-router", "express"].map((name) => `@shopify/shopify-app-${name}`);

/**
 * Says that the app's library has another copy of @shopify/shopify-api than this package: what the library itself asks of the Admin API then
 * ends in no time of ours. Undefined for one copy, and where it cannot be told: in a bundle, and before Node 22.14.
 * @param app the folder of the app; where the process was started unless told.
 * @param own a module of this package.
 */
export function findSecondCopy(app: string = process.cwd(), own: string = import.meta.url): string | undefined {
  const ours = manifestOf(API, own);
  for (const library of LIBRARIES) {
    const manifest = manifestOf(library, pathToFileURL(join(app, "package.json")).href);
    const theirs = manifest && manifestOf(API, pathToFileURL(manifest).href);
    if (!ours || !theirs || theirs === ours) continue;
    const version = versionOf(theirs);
    return (
      `${library} has a copy of ${API} of its own (${version}, here ${versionOf(ours)}). Tokens are safe; the library's own calls of the Admin API have no ` +
      `time limit. Keep one copy: npm install ${API}@${version}, then npm dedupe`
    );
  }
  return undefined;
}

function manifestOf(name: string, from: string): string | undefined {
  try {
    return nodeModule.findPackageJSON(name, from);
  } catch {
    return undefined;
  }
}

function versionOf(manifest: string): string {
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
