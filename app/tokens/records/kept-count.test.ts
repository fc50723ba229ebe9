// Proves that a monitor's looks count small results each time, and large ones in a bounded share of the time.
import { expect, it, vi } from "vitest";
import { keptCount } from "./kept-count.ts";

it("counts a small result at each look", async () => {
  const owner = {};
  let rows = 0;
  for (const expected of [1, 2, 3]) {
    expect(await keptCount(owner, "rows", () => Promise.resolve(++rows), Number)).toBe(expected);
  }
});

it("gives a large result again, counts it beside a look, and is exact again once it is small", async () => {
  vi.useFakeTimers();
  try {
    const owner = {};
    let rows = 1_000_000;
    let counts = 0;
    const look = () =>
      keptCount(
        owner,
        "rows",
        async () => {
          counts++;
          await vi.advanceTimersByTimeAsync(500);
          return rows;
        },
        Number,
      );
    await look();
    rows = 5;
    await vi.advanceTimersByTimeAsync(9_000);
    expect(await look()).toBe(1_000_000);
    expect(counts).toBe(1);
    await vi.advanceTimersByTimeAsync(1_100);
    await Promise.all([look(), look()]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(counts).toBe(2);
    expect(await look()).toBe(5);
  } finally {
    vi.useRealTimers();
  }
});

it("keeps the last large result while it cannot be counted, and fails where there is none", async () => {
  vi.useFakeTimers();
  try {
    const owner = {};
    const fails = () => Promise.reject(new Error("away"));
    await expect(keptCount(owner, "rows", fails, Number)).rejects.toThrow("away");
    await keptCount(owner, "rows", () => Promise.resolve(50_000), Number);
    await vi.advanceTimersByTimeAsync(5_000);
    for (let i = 0; i < 2; i++) expect(await keptCount(owner, "rows", fails, Number)).toBe(50_000);
  } finally {
    vi.useRealTimers();
  }
});
