import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";

/** What a figure depends on, in one line. Names no machine. */
export function machineFacts(): string {
  const [cpu] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpu?.model.trim() ?? "unknown CPU"}, ${gib} GiB, ${process.platform}, Node ${process.versions.node}`;
}

/** Which commit was measured; `+` when files had changed since. */
export function measuredCommit(): string {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: PROJECT_ROOT, encoding: "utf8" }).trim();
  try {
    const changed = git("status", "--porcelain", "--", "app", "server", "server.ts", "sandbox", "prisma");
    return git("rev-parse", "--short", "HEAD") + (changed ? "+" : "");
  } catch {
    return "unknown";
  }
}
