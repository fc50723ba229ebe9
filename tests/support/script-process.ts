import { spawn, type ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";

export interface ScriptProcess {
  child: ChildProcess;
  output(): string;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Waits until it has written something that matches; returns the match. Rejects when it ends before. */
  saw(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Runs a script of the project with this Node, in a process group of its own. */
export function runScript(args: string[], env: Record<string, string | undefined> = {}): ScriptProcess {
  const child = spawn(process.execPath, args, {
    cwd: PROJECT_ROOT,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const listeners = new Set<() => void>();
  const tell = () => listeners.forEach((listener) => listener());
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      tell();
    });
  }
  let isOver = false;
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => {
      isOver = true;
      resolve({ code, signal });
      tell();
    });
  });
  return {
    child,
    output: () => output,
    ended,
    saw: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (!match && !isOver) return;
          listeners.delete(look);
          if (match) resolve(match);
          else reject(new Error(`it ended without writing ${String(pattern)}:\n${output}`));
        };
        listeners.add(look);
        look();
      }),
  };
}

/** Resolves once nobody listens on a loopback port any more. */
export async function untilClosed(port: number): Promise<void> {
  while (await isOpen(port)) await new Promise((resolve) => setTimeout(resolve, 50));
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const finish = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", () => finish(true)).once("error", () => finish(false));
  });
}
