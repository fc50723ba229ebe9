import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("./browser/", import.meta.url));

/**
 * One classic script from TypeScript files that import only each other: types stripped, import and export words removed,
 * joined in the given order inside one function. App Bridge has to be a single blocking script, and nothing here needs more.
 */
export function bundleBrowserScript(files: readonly string[], prelude = ""): string {
  const parts = files.map((file) =>
    withoutWarning(() => stripTypeScriptTypes(readFileSync(folder + file, "utf8")))
      .replaceAll(/^import\s[^;]*;\s*$/gm, "")
      .replaceAll(/^export\s+(?=(async\s+)?(function|class|const|let)\b)/gm, ""),
  );
  return `"use strict";\n(() => {\n${prelude}\n${parts.join("\n")}\n})();\n`;
}

export function readBrowserFile(file: string): string {
  return readFileSync(folder + file, "utf8");
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
