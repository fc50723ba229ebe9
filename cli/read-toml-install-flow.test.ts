// Proves that the install flow is read from shopify.app.toml.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readTomlInstallFlow } from "./read-toml-install-flow.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "toml-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  ["[access_scopes]\nuse_legacy_install_flow = true", { usesLegacyInstallFlow: true, scopes: [] }],
  [
    "[access_scopes]\nscopes = 'read_products, write_orders'\nuse_legacy_install_flow = true",
    { usesLegacyInstallFlow: true, scopes: ["read_products", "write_orders"] },
  ],
  ["[access_scopes]\nuse_legacy_install_flow = false", { usesLegacyInstallFlow: false, scopes: [] }],
  ["[access_scopes]\nscopes = ''", { unknown: expect.stringMatching(/does not say/) as string }],
  ["use_legacy_install_flow = true", { unknown: expect.stringMatching(/does not say/) as string }],
  ["[access_scopes", { unknown: expect.stringMatching(/not valid TOML/) as string }],
])("reads %j", async (text, expected) => {
  const file = join(folder, "shopify.app.toml");
  await writeFile(file, text);
  expect(await readTomlInstallFlow(file)).toEqual(expected);
});

it("says when there is no file", async () => {
  expect(await readTomlInstallFlow(join(folder, "none.toml"))).toEqual({
    unknown: expect.stringMatching(/there is no/) as string,
  });
});
