// Proves whose trouble holds calls back: one shop's delays that shop, several shops' delays all.
import { expect, it } from "vitest";
import { GateClosedError } from "./call-gate.ts";
import type { TokenAnswer } from "../../tokens/index.ts";
import { broken, openGate, pair, throttled, unknownApp, wrongSecret } from "./test-gate.ts";

it.each([
  ["429 with Retry-After 20", throttled(20_000)],
  ["503 with Retry-After of a day", broken("http_503", 86_400_000)],
  ["a timeout", broken("timeout")],
])("one shop's trouble delays no other shop, however often it comes: %s", async (_, answer) => {
  const { say, many, hasRoom, pauses } = openGate();
  await many(10, pair);
  for (let tries = 0; tries < 6; tries++) {
    expect(await say(answer, { shop: "ill", tries })).toMatchObject({ isForAll: false });
    await say(pair);
    expect(hasRoom(7)).toBe(true);
  }
  expect(pauses).toEqual([]);
});

it("several shops known to be in trouble delay no other shop either", async () => {
  const { say, many, pauses } = openGate();
  for (let tries = 0; tries < 6; tries++) {
    for (let ill = 0; ill < 5; ill++) {
      await say(throttled(20_000), { shop: `ill${ill}`, tries });
      await many(10, pair);
    }
  }
  expect(pauses).toEqual([]);
});

it.each([
  ["429", throttled(20_000)],
  ["503", broken("http_503", 20_000)],
])("many shops that are always asked to wait (%s) soon hold nobody else, and each is counted", async (_, answer) => {
  const { say, pauses, pass, gate } = openGate();
  await say(pair);
  const ill = Array.from({ length: 40 }, (_, i) => ({ shop: `ill${i}`, tries: 0, calls: 0 }));
  for (let round = 0; round < 8; round++) {
    for (const one of ill.filter(({ tries }) => tries < 6)) {
      pass(gate.opensIn() ?? 0);
      one.calls++;
      if (!(await say(answer, one)).isForAll) one.tries++;
      for (let well = 0; well < 2; well++) {
        pass(gate.opensIn() ?? 0);
        await say(pair);
      }
    }
  }
  expect(Math.max(...ill.map(({ calls }) => calls))).toBeLessThanOrEqual(7);
  expect(pauses.length).toBeLessThanOrEqual(ill.length);
});

it.each([
  ["429", throttled(5_000)],
  ["503", broken("http_503", 5_000)],
])(
  "shops that are the last ones and are always asked to wait (%s) are counted after ten minutes",
  async (_, answer) => {
    const { say, many, pass, gate } = openGate();
    await many(30, pair);
    const ill = ["a", "b", "c", "d", "e", "f"];
    const round = async () => {
      const isForAll = [];
      for (const shop of ill) {
        pass(gate.opensIn() ?? 0);
        isForAll.push((await say(answer, { shop })).isForAll);
      }
      return isForAll;
    };
    await round();
    expect(await round()).toEqual(ill.map(() => true));
    pass(10 * 60_000);
    expect(await round()).toEqual(ill.map(() => false));
  },
);

it("shops that failed while others were served are no outage when only they are left", async () => {
  const { gate, say, many } = openGate();
  await say(pair);
  for (let ill = 0; ill < 8; ill++) {
    await say(broken(), { shop: `ill${ill}` });
    await say(pair);
  }
  for (let ill = 0; ill < 8; ill++) {
    expect((await say(broken(), { shop: `ill${ill}` })).isForAll).toBe(false);
    expect((await say(broken(), { shop: `ill${ill}`, tries: 1 })).isForAll).toBe(false);
  }
  expect(gate.isDown()).toBe(false);
  await many(5, broken());
  expect(gate.isDown()).toBe(true);
});

it("all wait when several different shops are asked to, for exactly that long, and the others are told", async () => {
  const { gate, say, many, pauses, pass, hasRoom } = openGate();
  await many(5, pair);
  expect((await say(throttled(3_000))).isForAll).toBe(false);
  expect((await say(throttled(3_000))).isForAll).toBe(false);
  expect((await say(throttled(3_000))).isForAll).toBe(true);
  expect(pauses).toEqual([3_000]);
  expect(gate.opensIn()).toBe(3_000);
  await expect(say(pair)).rejects.toBeInstanceOf(GateClosedError);
  pass(3_000);
  expect(hasRoom(0)).toBe(true);
  // From now on there is a limit for all: one shop's word is enough, for a minute.
  await many(30, pair);
  expect((await say(throttled(1_000))).isForAll).toBe(true);
  pass(61_001);
  await many(30, pair);
  expect((await say(throttled(1_000))).isForAll).toBe(false);
  expect(gate.counts.throttled).toBe(2);
});

it("a shop's first short wait may be a limit for all: all wait for it, once", async () => {
  const { gate, say, many, pass } = openGate();
  await many(30, pair);
  expect((await say(throttled(1_000), { shop: "ill" })).isForAll).toBe(false);
  expect(gate.opensIn()).toBe(1_000);
  pass(1_000);
  await many(30, pair);
  for (let tries = 1; tries < 6; tries++) await say(throttled(1_000), { shop: "ill", tries });
  expect(gate.opensIn()).toBe(0);
  expect(gate.counts.throttled).toBe(0);
});

it("one shop alone, however often it fails, is no outage; and in one, a shop that was ill before is counted", async () => {
  const { gate, say, many, pass } = openGate();
  await say(pair);
  for (let i = 0; i < 8; i++) await say(broken(), { shop: "ill" });
  expect(gate.isDown()).toBe(false);
  await many(4, broken());
  expect(gate.isDown()).toBe(true);
  pass(1_000);
  expect((await say(broken(), { shop: "ill", tries: 1 })).isForAll).toBe(false);
});

it("an outage that does not end counts against the shops after ten minutes, so that the run ends", async () => {
  const { gate, say, many, pass } = openGate();
  await many(5, broken());
  pass(gate.opensIn()!);
  expect((await say(broken())).isForAll).toBe(true);
  pass(10 * 60_000);
  expect((await say(broken())).isForAll).toBe(false);
});

it("long waits of many shops, one after the other, hold nobody while others are served; of several in a row they hold all", async () => {
  const { say, pauses, pass } = openGate();
  for (let i = 0; i < 30; i++) {
    await say(throttled(86_400_000));
    await say(throttled(86_400_000));
    await say(pair);
    pass(100);
  }
  expect(pauses).toEqual([]);
  for (let i = 0; i < 3; i++) await say(throttled(20_000));
  expect(pauses).toEqual([20_000]);
});

it("wrong credentials halt after three different shops in a row, for good, and not one call more leaves", async () => {
  const { gate, say } = openGate(2);
  await say(pair);
  await say(wrongSecret);
  await say(wrongSecret);
  await say(pair);
  expect(gate.appRefused()).toBe(false);
  for (const shop of ["a", "b", "b"]) await say(wrongSecret, { shop });
  expect(gate.appRefused()).toBe(false);
  let answerLate = (_: TokenAnswer) => {};
  const inFlight = gate.acquire("late", 0).run(() => new Promise<TokenAnswer>((resolve) => (answerLate = resolve)));
  await say(wrongSecret, { shop: "c" });
  expect(gate.appRefused()).toBe(true);
  await expect(say(pair)).rejects.toThrow("did not leave");
  answerLate(pair);
  await inFlight;
  expect(gate.appRefused(), "what was in flight takes nothing back").toBe(true);
  expect(gate.opensIn()).toBeUndefined();
});

it("stores for which Shopify does not know the app halt nothing, however they come, once another was served", async () => {
  const { gate, say, many } = openGate();
  for (let i = 0; i < 12; i++) await say(unknownApp, { shop: `closed-${i}` });
  await many(3, pair);
  for (let tries = 1; tries < 6; tries++)
    for (let i = 0; i < 12; i++) await say(unknownApp, { shop: `closed-${i}`, tries });
  await many(50, unknownApp);
  expect(gate.appRefused()).toBe(false);
  await say(pair);
});

it("an app that no store knows halts before anyone was served: when the first is told so again, or after twenty; not where the client id is known", async () => {
  const first = openGate(1);
  for (const shop of ["a", "a", "a", "b", "b", "c"]) await first.say(unknownApp, { shop });
  expect(first.gate.appRefused()).toBe(false);
  await first.say(unknownApp, { shop: "a", tries: 1 });
  expect(first.gate.appRefused()).toBe(true);
  const many = openGate(1);
  await many.many(19, unknownApp);
  expect(many.gate.appRefused()).toBe(false);
  await many.say(unknownApp);
  expect(many.gate.appRefused()).toBe(true);
  const givenUpBefore = openGate(1);
  for (let i = 0; i < 50; i++) await givenUpBefore.say(unknownApp, { tries: 1 });
  expect(givenUpBefore.gate.appRefused()).toBe(false);
  const known = openGate(1, { isAppKnown: true });
  await known.many(50, unknownApp);
  expect(known.gate.appRefused()).toBe(false);
});
