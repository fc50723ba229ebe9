import { many } from "../pluralize.ts";
import type { Paint } from "../paint.ts";
import { RULES } from "./finding-rules.ts";
import { scanFolder } from "./scan-folder.ts";

export interface ScanOptions {
  json: boolean;
  ignore: readonly string[];
  out: (line: string) => void;
  paint: Paint;
}

/** `scan [folder]`: prints what it finds, with what to write instead. Returns the exit code: 0 nothing found, 1 something. @throws OperatorError */
export async function runScan(folder: string, { json, ignore, out, paint }: ScanOptions): Promise<number> {
  const { files, findings, unreadable } = await scanFolder(folder, ignore);
  if (json) {
    const explained = findings.map((finding) => ({ ...finding, ...RULES[finding.rule] }));
    out(JSON.stringify({ files, findings: explained, unreadable }));
    return findings.length === 0 ? 0 : 1;
  }
  for (const { file, line, column, source, rule } of findings) {
    out(`${paint.bad(`${file}:${line}:${column}`)}  ${rule}`);
    out(`  ${source}`);
    out(`  ${RULES[rule].wrong}`);
    out(`  → ${RULES[rule].instead}`);
    out("");
  }
  for (const file of unreadable) out(paint.attention(`${file} could not be read as a whole: its syntax is wrong.`));
  out(
    findings.length === 0
      ? `${paint.good("✓")} Nothing found in ${many(files, "file")}.`
      : `${many(findings.length, "place")} to change, in ${many(new Set(findings.map(({ file }) => file)).size, "file")} of ${files}. Tests are left out.`,
  );
  return findings.length === 0 ? 0 : 1;
}
