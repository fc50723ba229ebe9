// A start loads few modules: what the server's bundle takes in is not asked for again, file by file.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import { ensureBuilt } from "../support/ensure-built.ts";

beforeAll(() => ensureBuilt(), 120_000);

it("loads no package at a start that is made of hundreds of small files", () => {
  const bundle = readFileSync(join(PROJECT_ROOT, "build/server/index.js"), "utf8");
  const packages = [...bundle.matchAll(/^import\b[^;]*?from "([^"]+)"/gm)].map(([, name]) => name!);
  expect(packages).toContain("react");
  expect(packages.filter((name) => /^(@shopify\/(polaris|shopify-)|zod|jose)/.test(name))).toEqual([]);
});
