import { readFile } from "node:fs/promises";
import { parse } from "smol-toml";

/** What the app's configuration file says about who installs the app, or why it cannot be told. */
export type TomlReading = { usesLegacyInstallFlow: boolean } | { unknown: string };

/** Reads `use_legacy_install_flow` of a `shopify.app.toml`. Shopify's default, when the file does not say, is false. */
export async function readTomlInstallFlow(file: string): Promise<TomlReading> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return { unknown: `there is no ${file} here` };
  }
  try {
    const { access_scopes: scopes } = parse(text) as { access_scopes?: { use_legacy_install_flow?: unknown } };
    const value = scopes?.use_legacy_install_flow ?? false;
    return typeof value === "boolean"
      ? { usesLegacyInstallFlow: value }
      : { unknown: `use_legacy_install_flow in ${file} is neither true nor false` };
  } catch {
    return { unknown: `${file} is not valid TOML` };
  }
}
