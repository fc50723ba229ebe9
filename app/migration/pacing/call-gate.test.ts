import { Session } from "@shopify/shopify-api";
import { expect, it } from "vitest";
import type { TokenAnswer } from "../../tokens/index.ts";
import { createCallGate, GateClosedError } from "./call-gate.ts";

const pair: TokenAnswer = {
  kind: "pair",
  session: new Session({ id: "x", shop: "a.myshopify.com", state: "", isOnline: false }),
};
const transient = (reason: string, retryAfterMs?: number): TokenAnswer => ({
  kind: "refused",
  verdict: { kind: "transient", reason, lost: reason !== "throttled", retryAfterMs },
  cause: undefined,
  afterLostAnswer: false,
});

function openGate(concurrency: number) {
  let time = 1_000;
  const pauses: number[] = [];
  const gate = createCallGate({ concurrency, onPause: (ms) => pauses.push(ms), now: () => time });
  const say = (answer: TokenAnswer) => gate.setOut().pass(async () => answer);
  /** Whether a shop may set out while so many others are on their way. */
  const hasRoom = (others: number) => {
    const trips = Array.from({ length: others }, () => gate.setOut());
    const room = gate.hasRoom();
    for (const trip of trips) trip.end();
    return room;
  };
  return { gate, pauses, say, hasRoom, pass: (ms: number) => (time += ms) };
}

it("lets one call go first, until Shopify has shown that it knows the app", async () => {
  const { say, hasRoom } = openGate(8);
  expect(hasRoom(0)).toBe(true);
  expect(hasRoom(1)).toBe(false);
  await say(transient("http_503"));
  expect(hasRoom(1)).toBe(false);
  await say(pair);
  expect(hasRoom(7)).toBe(true);
});

it("never has more calls on their way than allowed", async () => {
  const { gate, say } = openGate(3);
  await say(pair);
  let most = 0;
  const calls = Array.from({ length: 12 }, () =>
    gate.setOut().pass(async () => {
      most = Math.max(most, gate.inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      return pair;
    }),
  );
  await Promise.all(calls);
  expect(most).toBe(3);
  expect(gate.inFlight).toBe(0);
});

it("lets the next call leave before anybody works on the answer of the last", async () => {
  const { gate, say } = openGate(1);
  await say(pair);
  const order: string[] = [];
  const call = (name: string) => gate.setOut().pass(async () => (order.push(`${name} leaves`), pair));
  await Promise.all(["first", "second"].map((name) => call(name).then(() => order.push(`${name} is worked on`))));
  expect(order).toEqual(["first leaves", "second leaves", "first is worked on", "second is worked on"]);
});

it("keeps silent for exactly as long as Retry-After says, and tells the others", async () => {
  const { gate, pauses, say, hasRoom, pass } = openGate(8);
  await say(pair);
  await say(transient("throttled", 2_000));
  expect(pauses).toEqual([2_000]);
  expect(hasRoom(0)).toBe(false);
  await expect(say(pair)).rejects.toBeInstanceOf(GateClosedError);
  pass(1_999);
  expect(gate.pausedFor()).toBe(1);
  pass(1);
  expect(hasRoom(0)).toBe(true);
  expect(gate.counts.throttled).toBe(1);
});

it("halves what goes out with each broken answer, until one is whole", async () => {
  const { say, hasRoom } = openGate(16);
  await say(pair);
  await say(transient("http_502"));
  expect(hasRoom(7)).toBe(true);
  expect(hasRoom(8)).toBe(false);
  for (let i = 0; i < 40; i++) await say(transient("network"));
  expect(hasRoom(0)).toBe(true);
  expect(hasRoom(1)).toBe(false);
  await say(pair);
  expect(hasRoom(15)).toBe(true);
});

it("lets nothing pass but a probe while the platform is down, also what waits at it already", async () => {
  let isDown = false;
  const gate = createCallGate({ concurrency: 1, onPause: () => {}, isDown: () => isDown });
  let answer: (answer: TokenAnswer) => void = () => {};
  const first = gate.setOut().pass(() => new Promise((resolve) => (answer = resolve)));
  const second = gate.setOut().pass(async () => pair);
  await new Promise((resolve) => setImmediate(resolve));
  isDown = true;
  const refused = expect(second).rejects.toBeInstanceOf(GateClosedError);
  answer(transient("http_503"));
  await first;
  await refused;
  await expect(gate.setOut(true).pass(async () => pair)).resolves.toBe(pair);
});

it("closes itself when Shopify does not know the app: what waits at it does not leave", async () => {
  const { gate } = openGate(1);
  const unknown: TokenAnswer = {
    kind: "refused",
    verdict: { kind: "configuration", reason: "invalid_client" },
    cause: undefined,
    afterLostAnswer: false,
  };
  let calls = 0;
  const call = () => gate.setOut().pass(async () => (calls++, unknown));
  const ends = await Promise.allSettled([call(), call()]);
  expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(calls).toBe(1);
});

it("lets nothing pass once it is closed", async () => {
  const { gate, say } = openGate(2);
  gate.close();
  await expect(say(pair)).rejects.toBeInstanceOf(GateClosedError);
});
