import { afterAll, afterEach, beforeAll } from "vitest";

import { routeThroughSandbox } from "./route-through.ts";
import { startSandbox, type Sandbox, type SandboxOptions } from "./start.ts";

/**
 * One simulator per test file, emptied after each test: `const shopify = setUpSandbox({ app })`, then `shopify.sandbox.client` in tests.
 * This process's `fetch` goes to it at Shopify's own addresses; a child process gets there by `shopify.sandbox.env`.
 */
export function setUpSandbox(options: SandboxOptions): { readonly sandbox: Sandbox } {
  let started: Sandbox | undefined;
  let restore: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    started = await startSandbox(options);
    restore = routeThroughSandbox(started);
  });
  afterEach(() => started?.client.reset());
  afterAll(async () => {
    await restore?.();
    await started?.close();
  });
  return {
    get sandbox() {
      if (!started) throw new Error("The simulator starts before the first test: use it inside of one.");
      return started;
    },
  };
}
