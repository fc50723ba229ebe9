import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("./browser/", import.meta.url));
/** `.ts` in a clone, `.js` in the installed package. */
const extension = import.meta.url.slice(-3);

/**
 * One classic script from modules that import only each other (named without extension): types stripped, import and export words
 * removed, joined in the given order inside one function. App Bridge has to be a single blocking script, and nothing here needs more.
 */
export function bundleBrowserScript(modules: readonly string[], prelude = ""): string {
  const parts = modules.map((name) =>
    readModule(name)
      .replaceAll(/^import\s[^;]*;\s*$/gm, "")
      .replaceAll(/^export \{\};$/gm, "")
      .replaceAll(/^export\s+(?=(async\s+)?(function|class|const|let)\b)/gm, ""),
  );
  return `"use strict";\n(() => {\n${prelude}\n${parts.join("\n")}\n})();\n`;
}

export function readBrowserFile(file: string): string {
  return readFileSync(folder + file, "utf8");
}

function readModule(name: string): string {
  const text = readBrowserFile(name + extension);
  return extension === ".ts" ? withoutWarning(() => stripTypeScriptTypes(text)) : text;
}

/** Node warns once that stripping types by call is experimental; running these very files with stripped types is not. */
function withoutWarning<T>(work: () => T): T {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
