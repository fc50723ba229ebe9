// Proves that the open streams of a role are bounded, that one role takes no room from the other, and that a stream that ends gives its own back.
import { expect, it } from "vitest";
import type { Role } from "../console/door/console-session.ts";
import { openStream } from "./open-streams.ts";

async function* forever() {
  for (;;) yield 1;
}
async function* failing() {
  yield 1;
  throw new Error("database gone");
}

const open = (role: Role, values: () => AsyncIterable<number>) => openStream(role, values);

it("has room for 50 streams of each role", async () => {
  const streams = Array.from({ length: 50 }, () => open("monitor", forever)!);
  for (const stream of streams) expect(stream).toBeDefined();
  expect(open("monitor", forever)).toBeUndefined();
  expect(open("operator", forever)).toBeDefined();

  for await (const value of streams.pop()!) if (value) break;
  const next = open("monitor", failing)!;
  expect(next).toBeDefined();
  expect(open("monitor", forever)).toBeUndefined();
  await expect(async () => {
    for await (const _ of next);
  }).rejects.toThrow("database gone");
  expect(open("monitor", forever)).toBeDefined();
});
