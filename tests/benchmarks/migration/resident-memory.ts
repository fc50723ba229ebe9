import { readFileSync } from "node:fs";

/** Memory that a process holds now; MiB. @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
export function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1_024;
}
