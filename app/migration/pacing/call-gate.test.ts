// Proves when a call leaves: in its turn, within the rate and the bound on calls in flight, not in a pause, and never for a shop that was given up on.
import { expect, it } from "vitest";
import type { TokenAnswer } from "../../tokens/index.ts";
import { createCallGate, GateClosedError } from "./call-gate.ts";
import { broken, openGate, pair, throttled } from "./test-gate.ts";

it("lets one call go first, until Shopify has answered", async () => {
  const { say, hasRoom } = openGate();
  expect(hasRoom(0)).toBe(true);
  expect(hasRoom(1)).toBe(false);
  await say(broken());
  expect(hasRoom(1)).toBe(false);
  await say(pair);
  expect(hasRoom(7)).toBe(true);
});

it("never has more calls on their way than allowed, verifications included", async () => {
  const { gate, say } = openGate(3);
  await say(pair);
  let [now, most] = [0, 0];
  const call = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
    return pair;
  };
  await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      const permit = gate.acquire(`s${i}`, 0);
      await permit.run(call);
      await permit.run(call);
    }),
  );
  expect(most).toBe(3);
});

it("lets the next call leave before anybody works on the answer of the last", async () => {
  const { gate, say } = openGate(1);
  await say(pair);
  const order: string[] = [];
  const call = (name: string) => gate.acquire(name, 0).run(async () => (order.push(`${name} leaves`), pair));
  await Promise.all(["first", "second"].map((name) => call(name).then(() => order.push(`${name} is worked on`))));
  expect(order).toEqual(["first leaves", "second leaves", "first is worked on", "second is worked on"]);
});

it("no pause is longer than a minute, whatever is asked", async () => {
  const { gate, many } = openGate();
  await many(3, throttled(86_400_000));
  expect(gate.opensIn()).toBe(60_000);
  gate.pause(86_400_000);
  expect(gate.opensIn()).toBe(60_000);
});

it("halves what goes out with each shop in a row that is not answered, down to single tries; one answer opens it", async () => {
  const { gate, say, many, hasRoom, pass } = openGate(16);
  await say(pair);
  await say(broken());
  expect(hasRoom(7)).toBe(true);
  expect(hasRoom(8)).toBe(false);
  await many(4, broken());
  expect(gate.isDown()).toBe(true);
  const waits: number[] = [];
  for (let i = 0; i < 5; i++) {
    waits.push(gate.opensIn()!);
    pass(waits.at(-1)!);
    expect([hasRoom(0), hasRoom(1)]).toEqual([true, false]);
    expect((await say(broken())).isForAll).toBe(true);
  }
  expect(waits.map((ms) => Math.floor(ms / 100) * 100)).toEqual([1_000, 2_000, 4_000, 5_000, 5_000]);
  pass(5_000);
  await say(pair);
  expect(gate.isDown()).toBe(false);
  expect(hasRoom(15)).toBe(true);
});

it("attempts that made no call change nothing: only answers open and close it", async () => {
  const { gate, say, many } = openGate();
  await say(pair);
  await many(5, broken());
  for (let i = 0; i < 10; i++) gate.acquire("x", 0).release();
  expect(gate.isDown()).toBe(true);
});

it("gives up waiting, never a call that has left", async () => {
  const { gate, say } = openGate(1);
  await say(pair);
  let answer: (answer: TokenAnswer) => void = () => {};
  const slow = gate.acquire("slow", 0).run(() => new Promise<TokenAnswer>((resolve) => (answer = resolve)));
  await expect(gate.acquire("waits", 0).run(async () => pair)).rejects.toBeInstanceOf(GateClosedError);
  setTimeout(() => answer(pair), 100);
  await expect(slow).resolves.toBe(pair);
});

it("lets nothing pass once it is closed", async () => {
  const { gate, say } = openGate(2);
  gate.close();
  expect(gate.opensIn()).toBeUndefined();
  await expect(say(pair)).rejects.toBeInstanceOf(GateClosedError);
});

it("spreads calls over time, and a verification is paid for like the call before it", async () => {
  let time = 0;
  const gate = createCallGate({ concurrency: 8, rate: 100, now: () => time });
  const permit = gate.acquire("a", 0);
  await permit.run(async () => pair);
  expect(gate.opensIn()).toBe(10);
  await permit.run(async () => ({ kind: "accepted" }) as const);
  expect(gate.opensIn()).toBe(20);
  expect(gate.counts.limited).toBe(2);
  time = 60_000;
  let taken = 0;
  for (; gate.opensIn() === 0; taken++) gate.acquire("b", 0).release();
  expect(taken).toBe(5);
});

it("makes no call for a shop that it has given up on, also when that happened in a pause at the head of the queue", async () => {
  const gate = createCallGate({ concurrency: 1, rate: 1e9 });
  const first = gate.acquire("a", 0).run(async () => {
    await new Promise((resolve) => setTimeout(resolve, 700));
    return pair;
  });
  let calls = 0;
  const second = gate.acquire("b", 0).run(async () => {
    calls++;
    return pair;
  });
  // The second one's turn comes after 700 ms, into a pause that outlasts its patience of a second.
  setTimeout(() => gate.pause(900), 600);
  await expect(second).rejects.toThrow(GateClosedError);
  await first;
  await new Promise((resolve) => setTimeout(resolve, 900));
  expect(calls).toBe(0);
});
