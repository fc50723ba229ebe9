// Records a run on the command line, against the app and the simulator, for the README: docs/pictures/terminal-run.svg.
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Sandbox } from "../../sandbox/start.ts";
import { seedPermanentShops, startTokens } from "../integration/cli-harness.ts";
import { startTestApp, type TestApp } from "../support/app-process.ts";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";
import { startTestSandbox } from "../support/sandbox.ts";
import { terminalSvg, type TerminalLine } from "./terminal-svg.ts";

const FOLDER = "docs/pictures";
/** Before a command, as long as it takes to read what the one before said. */
const READING_MS = 1_200;
const COMMANDS = [["migrate", "--dry-run"], ["migrate"]];
const COLUMNS = 100;

let sandbox: Sandbox;
let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  sandbox = await startTestSandbox();
  database = await createTestDatabase();
  const shops = await seedPermanentShops(sandbox, database, "harbour", 400);
  await sandbox.client.freeze(shops[7]!);
  app = await startTestApp({ sandbox, databaseUrl: database.url });
});
afterAll(async () => {
  await app?.stop();
  await sandbox?.close();
  await database?.drop();
});

test("a run on the command line", async () => {
  await sandbox.client.faults.add({ endpoint: "token", effect: { kind: "latency", beforeMs: [60, 140] } });
  const lines: TerminalLine[] = [];
  let now = 400;
  for (const command of COMMANDS) {
    const beganAt = performance.now();
    lines.push({ at: now, text: `$ npm run tokens -- ${command.join(" ")}`, isCommand: true });
    const said: TerminalLine[] = [];
    const add = (text: string) => {
      const at = now + performance.now() - beganAt;
      said.push(
        ...text
          .split("\n")
          .flatMap(wrap)
          .filter((line) => line.trim() !== "")
          .map((line) => ({ at, text: line })),
      );
    };
    const environment = { MIGRATION_SECRET: app.migrationSecret, APP_URL: app.url };
    const { code } = await startTokens(command, environment, add).ended;
    expect(code).toBe(0);
    lines.push(...said, { at: said.at(-1)!.at, text: "" });
    now = said.at(-1)!.at + READING_MS;
  }
  await app.expectNoSecrets();
  expect(await sandbox.client.ledger.findSecrets(JSON.stringify(lines))).toEqual([]);
  mkdirSync(FOLDER, { recursive: true });
  const title = "npm run tokens: a rehearsal, the migration of 400 shops line by line, and its result";
  writeFileSync(`${FOLDER}/terminal-run.svg`, terminalSvg(lines, title));
});

/** As a terminal of so many columns does, between words. */
function wrap(line: string): string[] {
  const wrapped = [""];
  for (const word of line.split(/(?<= )/)) {
    const isFull = (wrapped.at(-1)! + word).trimEnd().length > COLUMNS;
    if (isFull) wrapped.push(word);
    else wrapped[wrapped.length - 1] += word;
  }
  return wrapped;
}
