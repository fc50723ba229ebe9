import { format } from "node:util";
import { afterEach, beforeEach, vi } from "vitest";

/**
 * Fails a test that writes to `console.error` unexpectedly. A test that expects it replaces the spy itself:
 * `vi.spyOn(console, "error").mockImplementation(() => {})`.
 */
const unexpected: string[] = [];
const original = console.error;

beforeEach(() => {
  unexpected.length = 0;
  vi.spyOn(console, "error").mockImplementation((...args: unknown[]) => {
    unexpected.push(format(...args));
    original(...args);
  });
});

afterEach(() => {
  vi.mocked(console.error).mockRestore?.();
  const messages = unexpected.splice(0);
  if (messages.length > 0) throw new Error(`unexpected console.error:\n${messages.join("\n")}`);
});
