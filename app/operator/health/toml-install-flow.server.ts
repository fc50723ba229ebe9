import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";

/**
 * `use_legacy_install_flow` of the app's configuration file, where Shopify reads who installs the app; undefined when the
 * file is not deployed with the server, cannot be read as TOML, or does not say.
 */
export async function findTomlInstallFlow(): Promise<boolean | undefined> {
  try {
    const { access_scopes: scopes } = parse(await readFile(join(process.cwd(), "shopify.app.toml"), "utf8")) as {
      access_scopes?: { use_legacy_install_flow?: unknown };
    };
    return typeof scopes?.use_legacy_install_flow === "boolean" ? scopes.use_legacy_install_flow : undefined;
  } catch {
    return undefined;
  }
}
