// @ts-check
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Said without a stack: it tells the reader what to do. */
export class SetupError extends Error {}

/** @param {string} text */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Runs a step, its output kept back and shown only when it fails.
 * @param {string} title @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] @param {string} [hint]
 */
export async function step(title, command, args, env = {}, hint = "") {
  const start = Date.now();
  const terminal = process.stderr.isTTY === true;
  const seconds = () => `${((Date.now() - start) / 1000).toFixed(0)} s`;
  if (!terminal) say(`· ${title} …`);
  const timer = terminal && setInterval(() => process.stderr.write(`\r· ${title} … ${seconds()} `), 250);
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
    shell: command.endsWith(".cmd"),
  });
  /** @type {Buffer[]} */
  const said = [];
  child.stdout.on("data", (chunk) => said.push(chunk));
  child.stderr.on("data", (chunk) => said.push(chunk));
  const stop = () => child.kill("SIGTERM");
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const code = await new Promise((done) => {
    child.once("error", (error) => done(error.message)).once("close", (exit, signal) => done(exit ?? signal));
  });
  process.off("SIGINT", stop).off("SIGTERM", stop);
  if (timer) clearInterval(timer);
  if (terminal) process.stderr.write("\r\x1b[K");
  if (code !== 0) {
    say(Buffer.concat(said).toString("utf8").trim());
    throw new SetupError(`${title} failed (${code}). ${hint}`.trim());
  }
  say(`✓ ${title} (${seconds()})`);
}
