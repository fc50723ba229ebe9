import { beforeAll } from "vitest";
import { signInToConsole, type ConsoleVisitor } from "../support/console-visitor.ts";
import { appHarness } from "./app-harness.ts";
import { seedShopsInEveryState, shopListAt, shopsAt } from "./console-shops.ts";

export const MONITOR_SECRET = "monitor-monitor-monitor-monitor-1";

/** The app, and its console open for an operator and for a monitor. For a whole test file. */
export function consoleHarness() {
  const world = appHarness({ env: { MONITOR_SECRET } });
  let operator: ConsoleVisitor;
  let monitor: ConsoleVisitor;
  beforeAll(async () => {
    operator = await signInToConsole(world.app, world.app.migrationSecret);
    monitor = await signInToConsole(world.app, MONITOR_SECRET);
  });
  return {
    world,
    get operator() {
      return operator;
    },
    get monitor() {
      return monitor;
    },
  };
}

/** The app with shops in every state, its console open for an operator, and its lists. For a whole test file. */
export function shopsConsoleHarness() {
  const world = appHarness();
  let operator: ConsoleVisitor;
  beforeAll(async () => {
    operator = await signInToConsole(world.app, world.app.migrationSecret);
    await seedShopsInEveryState(world.sandbox, world.database);
  });
  return {
    world,
    get operator() {
      return operator;
    },
    json: (path: string) => shopListAt(world.app, path),
    shopsOf: (path: string) => shopsAt(world.app, path),
  };
}
