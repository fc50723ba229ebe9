// @ts-check
/**
 * Makes a clone ready, then runs a script on the project's own Node: `node scripts/bootstrap.mjs [--build] [script [arguments…]]`.
 *
 * Plain JavaScript without dependencies, because it runs before anything is installed and on any Node ≥ 20. Each step is skipped
 * when its inputs have not changed: packages (package-lock.json), the Prisma client (schema), the build (`--build`: the app's sources).
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { oneAtATime } from "./one-at-a-time.mjs";
import { ROOT, say, SetupError, step } from "./setup-step.mjs";

const MODULES = join(ROOT, "node_modules");
const STAMPS = join(MODULES, ".cache", "bootstrap");
const OWN_NODE = join(MODULES, "node", "bin", process.platform === "win32" ? "node.exe" : "node");
const LOCK = join(ROOT, ".cache", "bootstrap.lock");
const OLDEST_NODE = 20;
/** The first Node that runs TypeScript as it is. */
const TYPESCRIPT_NODE = [22, 18];

/** What the server bundle is made from. */
const BUILD_INPUTS = ["app", "public", "vite.config.ts", "package-lock.json", "prisma/schema.prisma"];
const GENERATE_INPUTS = ["prisma/schema.prisma", "prisma.config.ts", "package-lock.json"];

/** @param {string} value */
function parseVersion(value) {
  const [major = 0, minor = 0] = value.replace(/^v/, "").split(".").map(Number);
  return /** @type {[number, number]} */ ([major, minor]);
}

/** @param {string} version */
function runsTypeScript(version) {
  const [major, minor] = parseVersion(version);
  return major > TYPESCRIPT_NODE[0] || (major === TYPESCRIPT_NODE[0] && minor >= TYPESCRIPT_NODE[1]);
}

/** A hash of the named files' contents, folders with everything in them. @param {string[]} inputs */
function fingerprint(inputs) {
  const hash = createHash("sha256");
  /** @param {string} path */
  const add = (path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) return;
    if (found.isDirectory()) {
      for (const name of readdirSync(path).sort()) add(join(path, name));
    } else if (!/\.test\.tsx?$/.test(path)) {
      hash.update(path.slice(ROOT.length)).update("\0").update(readFileSync(path)).update("\0");
    }
  };
  for (const input of inputs) add(join(ROOT, input));
  return hash.digest("hex");
}

/** @param {string} name */
function readStamp(name) {
  try {
    return readFileSync(join(STAMPS, name), "utf8");
  } catch {
    return undefined;
  }
}

/** @param {string} name @param {string} value */
function writeStamp(name, value) {
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(join(STAMPS, name), value);
}

/**
 * Compares what the lock file asks for with what npm noted that it installed. Kinder than a stamp: packages that you
 * installed with `npm install` are not thrown away.
 */
function packagesAreCurrent() {
  /** @type {Record<string, { version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }>} */
  let wanted, present;
  try {
    wanted = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
    present = JSON.parse(readFileSync(join(MODULES, ".package-lock.json"), "utf8")).packages;
  } catch {
    return false;
  }
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const installed = present[path];
    if (!installed) return entry.optional === true || entry.devOptional === true;
    return installed.version === entry.version && installed.integrity === entry.integrity;
  });
}

/**
 * npm with the Node that runs it: never the one in node_modules, which npm is about to replace.
 * @returns {{ command: string, args: string[] }}
 */
function findNpm() {
  const script = process.env.npm_execpath;
  const node = process.env.npm_node_execpath;
  if (script && /npm-cli\.c?js$/.test(script) && node && !node.startsWith(MODULES))
    return { command: node, args: [script] };
  return { command: process.platform === "win32" ? "npm.cmd" : "npm", args: [] };
}

/** PATH without any node_modules/.bin. */
function systemPath() {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .join(delimiter);
}

async function installPackages() {
  const npm = findNpm();
  const env = { PATH: systemPath() };
  if (!packagesAreCurrent()) {
    const first = !existsSync(MODULES);
    await step(
      first
        ? "installing packages (npm ci; a minute or two, once)"
        : "packages have changed, installing again (npm ci)",
      npm.command,
      [...npm.args, "ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"],
      env,
      "npm's own words are above. This needs the npm registry, and nothing else of the network.",
    );
  }
  // npm may have been told not to run install scripts: `node` fetches its binary in one.
  if (!nodeRuns(OWN_NODE) && !runsTypeScript(process.version)) {
    await step(
      "fetching Node 24 (npm package `node`)",
      npm.command,
      [...npm.args, "rebuild", "node", "--ignore-scripts=false"],
      env,
    );
  }
}

/** @param {string} path */
function nodeRuns(path) {
  if (!existsSync(path)) return false;
  const result = spawnSync(path, ["--version"], { encoding: "utf8" });
  return result.status === 0 && runsTypeScript(result.stdout.trim());
}

/** The project's own Node, or the one that runs this when it is new enough. */
function findNode() {
  if (nodeRuns(OWN_NODE)) return OWN_NODE;
  if (runsTypeScript(process.version)) return process.execPath;
  throw new SetupError(
    `Node 24 from npm does not run on this machine (${OWN_NODE}), and this Node is ${process.version}. ` +
      `Run it again with Node ${TYPESCRIPT_NODE.join(".")} or newer.`,
  );
}

/** @param {string} node */
async function generatePrismaClient(node) {
  const print = fingerprint(GENERATE_INPUTS);
  const generated = join(MODULES, ".prisma", "client", "schema.prisma");
  if (existsSync(generated) && readStamp("prisma") === print) return;
  const prisma = join(MODULES, "prisma", "build", "index.js");
  await step("generating the database client", node, [prisma, "generate"], {
    CHECKPOINT_DISABLE: "1",
    PRISMA_HIDE_UPDATE_MESSAGE: "1",
  });
  writeStamp("prisma", print);
}

/** @param {string} node */
async function build(node) {
  const print = fingerprint(BUILD_INPUTS);
  if (existsSync(join(ROOT, "build", "server", "index.js")) && readStamp("build") === print) return;
  const remix = join(MODULES, "@remix-run", "dev", "dist", "cli.js");
  await step("building the app", node, [remix, "vite:build"], { NODE_ENV: "production" });
  writeStamp("build", print);
}

/** Runs the script in our place: same terminal, same signals, same exit code. @param {string} node @param {string[]} args */
async function handOver(node, args) {
  const path = [join(MODULES, ".bin"), dirname(node), systemPath()].join(delimiter);
  const child = spawn(node, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, PATH: path } });
  // A terminal sends Ctrl-C to both of us; the script decides when it ends.
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  const { code, signal } = await new Promise((done, fail) => {
    child.once("error", fail).once("close", (exitCode, exitSignal) => done({ code: exitCode, signal: exitSignal }));
  });
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
}

async function main() {
  const args = process.argv.slice(2);
  const wantsBuild = args[0] === "--build";
  if (wantsBuild) args.shift();
  if (parseVersion(process.version)[0] < OLDEST_NODE) {
    throw new SetupError(`This needs Node ${OLDEST_NODE} or newer to begin with; this is ${process.version}.`);
  }
  try {
    accessSync(ROOT, constants.W_OK);
  } catch {
    throw new SetupError(`${ROOT} cannot be written to.`);
  }
  let node = process.execPath;
  await oneAtATime(LOCK, async () => {
    await installPackages();
    node = findNode();
    await generatePrismaClient(node);
    if (wantsBuild) await build(node);
  });
  const [script, ...rest] = args;
  if (script) await handOver(node, [resolve(ROOT, script), ...rest]);
}

main().catch((error) => {
  say(error instanceof SetupError ? `✗ ${error.message}` : `✗ ${error?.stack ?? error}`);
  process.exitCode = 1;
});
