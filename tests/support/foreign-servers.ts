import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { findFreePort } from "../../scripts/free-port.ts";

export interface ForeignServer {
  port: number;
  stop(): Promise<void>;
}

/** Debian puts servers where an ordinary user's PATH does not look. */
const FOLDERS = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];

function find(command: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, command)).find((path) => existsSync(path));
}

/** A MariaDB of its own on a free port, its root without a password; undefined where `mariadb-server` is not installed. */
export async function startMariadb(): Promise<ForeignServer | undefined> {
  const [server, install] = [find("mariadbd"), find("mariadb-install-db")];
  if (!server || !install) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "mariadb-"));
  const common = ["--no-defaults", `--datadir=${folder}`, `--user=${userInfo().username}`];
  await promisify(execFile)(install, [...common, "--auth-root-authentication-method=normal", "--skip-test-db"]);
  const port = await findFreePort();
  const address = [
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    `--socket=${join(folder, "s")}`,
    "--skip-name-resolve",
  ];
  return started(spawn(server, [...common, ...address], { stdio: "ignore" }), port, folder);
}

/** A Redis of its own on a free port; undefined where `redis-server` is not installed. */
export async function startRedis(): Promise<ForeignServer | undefined> {
  const server = find("redis-server");
  if (!server) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const port = await findFreePort();
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  return started(spawn(server, options, { stdio: "ignore" }), port, folder);
}

async function started(child: ChildProcess, port: number, folder: string): Promise<ForeignServer> {
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  while (child.exitCode === null) {
    if (await listens(port)) return { port, stop };
    await sleep(50);
  }
  throw new Error(`the server of ${folder} ended with ${child.exitCode}`);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
