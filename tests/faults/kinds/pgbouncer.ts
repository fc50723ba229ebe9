import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { findFreePort } from "../../../scripts/free-port.ts";
import { type Fault, sleep } from "../fault.ts";

const BINARY = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"].find(existsSync);
let start: (() => Promise<void>) | undefined;
let running: ChildProcess | undefined;

async function stop(): Promise<void> {
  const child = running;
  running = undefined;
  if (!child || child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await ended;
}

export const pgbouncer: Fault = {
  title:
    "Everything through PgBouncer in transaction mode (8 server connections), which is killed and starts again after 5 s",
  seconds: 5,
  missing: () => Promise.resolve(BINARY ? undefined : "PgBouncer is not installed (apt-get install pgbouncer)"),
  async prepare(databaseUrl) {
    const server = new URL(databaseUrl);
    const directory = await mkdtemp("/tmp/fault-pgbouncer-");
    await chmod(directory, 0o755);
    const port = await findFreePort();
    const file = join(directory, "pgbouncer.ini");
    const connection = `host=127.0.0.1 port=${server.port} user=${server.username} password=${decodeURIComponent(server.password)}`;
    await writeFile(
      file,
      `[databases]\n* = ${connection}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 8\nmax_client_conn = 200\nunix_socket_dir =\n`,
      { mode: 0o644 },
    );
    start = async () => {
      const asUser = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
      running = spawn(BINARY!, [...asUser, file], { stdio: "ignore" });
      for (let tries = 0; tries < 100 && !(await isOpen(port)); tries++) await sleep(50);
    };
    await start();
    const through = new URL(databaseUrl);
    through.port = String(port);
    return {
      databaseUrl: through.href,
      undo: async () => {
        await stop();
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
  async happen({ seconds }) {
    await stop();
    await sleep(seconds * 1_000);
    await start!();
  },
};

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(true))).once("error", () => resolve(false));
  });
}
