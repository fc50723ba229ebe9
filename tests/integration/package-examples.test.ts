/** Proves that the packed tarball, in an empty folder, serves an example of each framework with its patch applied: one call where one is enough. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { adoptedApp } from "./package-examples/adopted-app.ts";
import { testAuthorizationCode } from "./package-examples/authorization-code-tests.ts";
import { EXAMPLES } from "./package-examples/examples.ts";
import { testMerchants } from "./package-examples/merchant-tests.ts";
import { testOperators } from "./package-examples/operator-tests.ts";
import { packedExamples, run } from "./package-examples/packed-examples.ts";
import { testSignedCalls } from "./package-examples/signed-call-tests.ts";
import { testStrangers } from "./package-examples/stranger-tests.ts";

/** At most so many lines are changed to adopt the package. */
const MOST_LINES = 40;

// One file for all of them: packing and installing takes longer than most of the tests.
const packed = packedExamples();

test.for(EXAMPLES)("$name changes few lines", ({ name }) => {
  const patch = readFileSync(join(PROJECT_ROOT, "examples", name, "adopted.patch"), "utf8").split("\n");
  const changed = patch.filter((line) => /^[+-]/.test(line) && !/^(\+\+\+|---) /.test(line));
  expect(changed.length).toBeGreaterThan(0);
  expect(changed.length).toBeLessThanOrEqual(MOST_LINES);
});

describe.concurrent("its types", () => {
  beforeEach(packed.skipWithoutRegistry);

  test("are found by a TypeScript project, and fit Shopify's", { timeout: 120_000 }, async () => {
    const compiler = join(PROJECT_ROOT, "node_modules/typescript/bin/tsc");
    const options = [
      ["--noEmit", "--strict", "--skipLibCheck", "--allowImportingTsExtensions"],
      ["--target", "es2023", "--module", "nodenext", "--types", "node"],
      ["--typeRoots", join(PROJECT_ROOT, "node_modules/@types")],
    ].flat();
    const routes = ["admin.$", "app._index", "flow", "fulfillment_order_notification", "proxy", "checkout", "account"];
    const files = ["remix-prisma", "react-router-prisma"].flatMap((name) =>
      routes.map((route) => join(name, `app/routes/${route}.ts`)),
    );
    await run(process.execPath, [compiler, ...options, ...files], { cwd: packed.folder }).catch(
      (error: { stdout?: string }) => expect.fail(error.stdout),
    );
  });
});

describe.concurrent.for(EXAMPLES)("$name, adopted", (example) => {
  const app = adoptedApp(packed, example);
  testMerchants(app);
  testSignedCalls(app);
  testOperators(packed, app);
  testStrangers(app);
});

testAuthorizationCode(packed);
