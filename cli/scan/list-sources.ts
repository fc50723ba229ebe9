import { readdirSync } from "node:fs";
import { join } from "node:path";

const SOURCE = /\.[cm]?[jt]sx?$/;
const NOT_OURS = /^(?:node_modules|build|dist|out|coverage|vendor|public)$|^\./;
/** Tests make sessions and tokens of their own: nothing in them runs in production. */
const TEST = /(?:^|\/)(?:__tests__|__mocks__|tests?|e2e)\/|\.(?:test|spec|stories|d)\.[cm]?[jt]sx?$/;

/**
 * The source files of an app, relative to its folder and sorted: no packages, builds, hidden folders or tests.
 * @param ignored folders or files to leave out, relative to the folder.
 * @throws ENOENT, ENOTDIR or EACCES of the folder itself.
 */
export function listSources(folder: string, ignored: readonly string[] = []): string[] {
  const prefixes = ignored.map((path) => path.replaceAll("\\", "/").replace(/^\.\//, "").replace(/\/$/, ""));
  const isIgnored = (path: string) => prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  const found: string[] = [];
  const walk = (below: string) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below ? `${below}/${entry.name}` : entry.name;
      if (isIgnored(path)) continue;
      if (entry.isDirectory()) {
        if (!NOT_OURS.test(entry.name)) walk(path);
      } else if (entry.isFile() && SOURCE.test(entry.name) && !TEST.test(path)) found.push(path);
    }
  };
  walk("");
  return found.sort();
}
