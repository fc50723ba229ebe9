import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { PROJECT_ROOT } from "../../scripts/project-root.ts";
import type { Sandbox } from "../../sandbox/start.ts";
import { startTestApp, type TestApp, type TestAppOptions } from "../support/app-process.ts";
import { testDatabase, type TestDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";

export interface Said {
  code: number | null;
  out: string;
  err: string;
}

export interface TokensProcess {
  /** Waits until it has written something that matches, to either stream. Rejects when it ends before. */
  saw(pattern: RegExp): Promise<void>;
  /** Ctrl-C. */
  interrupt(): void;
  ended: Promise<Said>;
}

/** What a start has compiled serves the next: a test file starts dozens. */
const COMPILED = join(PROJECT_ROOT, ".cache/compiled-for-tests");

/**
 * `npm run tokens -- …` in a process of its own, without a terminal. Nothing of this process's environment but PATH reaches it.
 * @param onText called with what is written, as it comes.
 * @param input what comes on its standard input.
 */
export function startTokens(
  args: string[],
  env: Record<string, string | undefined>,
  onText?: (text: string) => void,
  input = "",
): TokensProcess {
  const child = spawn(process.execPath, ["cli/tokens.ts", ...args], {
    cwd: PROJECT_ROOT,
    env: { NODE_ENV: "test", PATH: process.env.PATH, NODE_COMPILE_CACHE: COMPILED, ...env } as NodeJS.ProcessEnv,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => {}).end(input);
  const said: Said = { code: null, out: "", err: "" };
  let isOver = false;
  const listeners = new Set<() => void>();
  const tell = () => listeners.forEach((listener) => listener());
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.out += text;
    onText?.(text);
    tell();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.err += text;
    onText?.(text);
    tell();
  });
  const ended = new Promise<Said>((resolve, reject) => {
    child.once("error", reject).once("close", (code) => {
      isOver = true;
      resolve({ ...said, code });
      tell();
    });
  });
  return {
    ended,
    interrupt: () => void child.kill("SIGINT"),
    saw: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const matches = pattern.test(said.out) || pattern.test(said.err);
          if (!matches && !isOver) return;
          listeners.delete(look);
          if (matches) resolve();
          else reject(new Error(`it ended without writing ${String(pattern)}:\n${said.out}\n${said.err}`));
        };
        listeners.add(look);
        look();
      }),
  };
}

/** Shops whose permanent tokens the app holds. */
export async function seedPermanentShops(
  sandbox: Sandbox,
  database: TestDatabase,
  prefix: string,
  count: number,
): Promise<string[]> {
  const shops = Array.from({ length: count }, (_, n) => `${prefix}-${n}.myshopify.com`);
  const installed = await sandbox.client.installShops(shops.map((shop) => ({ shop, token: "permanent" as const })));
  await database.query(
    `INSERT INTO "Session" ("id", "shop", "state", "isOnline", "scope", "accessToken")
     SELECT 'offline_' || shop, shop, '', false, 'read_products', token FROM unnest($1::text[], $2::text[]) AS t(shop, token)`,
    [shops, installed.map(({ accessToken }) => accessToken)],
  );
  return shops;
}

/** The simulator, a database, and the built app, which tests start in the phase they are about; and the command line that asks it. */
export function cliAppHarness() {
  const database = testDatabase();
  const secret = randomBytes(32).toString("hex");
  let sandbox: Sandbox;
  let app: TestApp | undefined;

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });
  afterAll(async () => {
    await app?.stop();
    await sandbox?.close();
  });

  return {
    secret,
    get sandbox(): Sandbox {
      return sandbox;
    },
    get database(): TestDatabase {
      return database.current;
    },
    get app(): TestApp | undefined {
      return app;
    },
    async restart(phase: TestAppOptions["phase"], env: Record<string, string | undefined> = {}): Promise<TestApp> {
      await app?.stop();
      const databaseUrl = database.current.url;
      return (app = await startTestApp({ sandbox, databaseUrl, phase, env: { MIGRATION_SECRET: secret, ...env } }));
    },
    tokens: (args: string[], env: Record<string, string> = {}) =>
      startTokens(args, { MIGRATION_SECRET: secret, APP_URL: app?.url, ...env }).ended,
  };
}
