import { readFile } from "node:fs/promises";
import { parse } from "smol-toml";

/** What the app's configuration file says about who installs the app and which scopes it requires, or why it cannot be told. */
export type TomlReading = { usesLegacyInstallFlow: boolean; scopes: string[] } | { unknown: string };

/** Reads `use_legacy_install_flow` and `scopes` of a `shopify.app.toml`. A file that does not say is not guessed about. */
export async function readTomlInstallFlow(file: string): Promise<TomlReading> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return { unknown: `there is no ${file} here` };
  }
  try {
    const { access_scopes: scopes } = parse(text) as {
      access_scopes?: { use_legacy_install_flow?: unknown; scopes?: unknown };
    };
    const value = scopes?.use_legacy_install_flow;
    const required = typeof scopes?.scopes === "string" ? scopes.scopes.split(/[\s,]+/).filter(Boolean) : [];
    return typeof value === "boolean"
      ? { usesLegacyInstallFlow: value, scopes: required }
      : { unknown: `${file} does not say whether use_legacy_install_flow is true or false` };
  } catch {
    return { unknown: `${file} is not valid TOML` };
  }
}
