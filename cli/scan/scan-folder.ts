import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type ts from "typescript";
import { OperatorError } from "../operator-error.ts";
import type { Finding } from "./finding-rules.ts";
import { listSources } from "./list-sources.ts";
import { findKeptAdminClients } from "./rules/kept-admin-client.ts";
import { findSessionStorages } from "./rules/session-storage.ts";
import { findSessionTable } from "./rules/session-table.ts";
import { findTokensInJobs } from "./rules/token-in-job.ts";
import type { Source, Ts } from "./source.ts";

const RULES = [findTokensInJobs, findSessionTable, findSessionStorages, findKeptAdminClients];

export interface ScanReport {
  /** How many files were read. */
  files: number;
  findings: Finding[];
  /** Files that are no TypeScript or JavaScript; what could be read of them was looked at. */
  unreadable: string[];
}

/**
 * Looks through an app's sources for what breaks with expiring tokens. Reads only, runs nothing of the app.
 * @param ignored folders and files to leave out, relative to the folder.
 * @throws OperatorError when there is nothing to read, or TypeScript is not installed.
 */
export async function scanFolder(folder: string, ignored: readonly string[] = []): Promise<ScanReport> {
  const paths = listOrExplain(folder, ignored);
  const ts = await loadTypeScript();
  const root = resolve(folder);
  const program = ts.createProgram({
    rootNames: paths.map((path) => join(root, path)),
    // Syntax and names within a file are enough: nothing is resolved, so the app's packages need not be installed.
    options: {
      allowJs: true,
      noResolve: true,
      noLib: true,
      types: [],
      jsx: ts.JsxEmit.Preserve,
      target: ts.ScriptTarget.ESNext,
    },
  });
  const checker = program.getTypeChecker();
  const isAdopted = paths.some((path) =>
    /\bcreateTokens\b|["']expand-contract["']/.test(readFileSync(join(root, path), "utf8")),
  );
  const report: ScanReport = { files: paths.length, findings: [], unreadable: [] };
  for (const path of paths) {
    const file = program.getSourceFile(join(root, path));
    if (!file || program.getSyntacticDiagnostics(file).length > 0) report.unreadable.push(path);
    if (!file) continue;
    const source: Source = {
      ts,
      checker,
      file,
      path,
      isAdopted,
      report: (node, rule) => report.findings.push(at(file, path, node, rule)),
    };
    for (const find of RULES) find(source);
  }
  report.findings.sort((a, b) =>
    a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1,
  );
  return report;
}

function at(file: ts.SourceFile, path: string, node: ts.Node, rule: Finding["rule"]): Finding {
  const start = node.getStart(file);
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  const [source = ""] = file.text.slice(start - character).split("\n", 1);
  return { rule, file: path, line: line + 1, column: character + 1, source: source.trim() };
}

function listOrExplain(folder: string, ignored: readonly string[]): string[] {
  let paths: string[];
  try {
    paths = listSources(folder, ignored);
  } catch (error) {
    throw new OperatorError("no_folder", `${folder} cannot be read`, "Name the app's folder: scan path/to/app", {
      cause: error,
    });
  }
  if (paths.length > 0) return paths;
  throw new OperatorError(
    "no_sources",
    `${folder} has no TypeScript or JavaScript of its own`,
    "Name the app's folder: scan path/to/app",
  );
}

/** Any TypeScript 5: an app that is written in it has it, and nothing else of ours needs it. */
async function loadTypeScript(): Promise<Ts> {
  const remedy = "Install it beside: npm install --no-save typescript@5";
  let ts: Partial<Ts> | undefined;
  try {
    ts = (await import("typescript")).default as Partial<Ts> | undefined;
  } catch (error) {
    throw new OperatorError("no_typescript", "The scan reads sources with TypeScript, which is not installed", remedy, {
      cause: error,
    });
  }
  // TypeScript 7 is a program without this interface.
  if (!ts?.createProgram) {
    throw new OperatorError("no_typescript", "The scan cannot read sources with this version of TypeScript", remedy);
  }
  return ts as Ts;
}
