/** Proves that a second copy of @shopify/shopify-api is said with what to install, and one copy, whoever holds it, is not. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { findSecondCopy } from "./find-second-copy.ts";

const root = mkdtempSync(join(tmpdir(), "copies-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let apps = 0;
/** An app's folder with these packages in it, by their path. */
function appWith(packages: Record<string, string>): { app: string; own: string } {
  const app = join(root, String(apps++));
  for (const [path, version] of Object.entries({ "node_modules/expand-contract": "0.1.0", ...packages })) {
    mkdirSync(join(app, path), { recursive: true });
    const name = path.split("node_modules/").at(-1);
    writeFileSync(join(app, path, "package.json"), JSON.stringify({ name, version, exports: { ".": "./index.js" } }));
  }
  return { app, own: pathToFileURL(join(app, "node_modules/expand-contract/index.js")).href };
}

const REMIX = "node_modules/@shopify/shopify-app-remix";
const API = "node_modules/@shopify/shopify-api";

test("a copy of the library's own is said, with the version to install", () => {
  const { app, own } = appWith({ [REMIX]: "4.2.1", [API]: "12.3.0", [`${REMIX}/${API}`]: "13.1.0" });
  expect(findSecondCopy(app, own)).toMatch(
    /shopify-app-remix .*\(13\.1\.0, here 12\.3\.0\).*npm install @shopify\/shopify-api@13\.1\.0/,
  );
});

test("a copy of this package's own is said, too", () => {
  const { app, own } = appWith({
    [REMIX]: "4.2.1",
    [API]: "13.1.0",
    [`node_modules/expand-contract/${API}`]: "15.0.0",
  });
  expect(findSecondCopy(app, own)).toMatch(/13\.1\.0, here 15\.0\.0/);
});

const ONE: Record<string, string>[] = [{ [REMIX]: "4.2.1", [API]: "13.1.0" }, { [API]: "13.1.0" }, {}];
test.each(ONE)("nothing is said of %o", (packages) => {
  const { app, own } = appWith(packages);
  expect(findSecondCopy(app, own)).toBeUndefined();
});
