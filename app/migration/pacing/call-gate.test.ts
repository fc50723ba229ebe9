// Proves what holds calls to Shopify back, and what does not: one shop's trouble delays that shop, several shops' trouble delays all.
import { Session } from "@shopify/shopify-api";
import { expect, it } from "vitest";
import type { TokenAnswer } from "../../tokens/index.ts";
import { createCallGate, GateClosedError } from "./call-gate.ts";

const pair: TokenAnswer = {
  kind: "pair",
  session: new Session({ id: "x", shop: "a.myshopify.com", state: "", isOnline: false }),
};
type Verdict = Extract<TokenAnswer, { kind: "refused" }>["verdict"];
const refusal = (verdict: Verdict): TokenAnswer => ({
  kind: "refused",
  verdict,
  cause: undefined,
  afterLostAnswer: false,
});
const broken = (reason = "http_503", retryAfterMs?: number) =>
  refusal({ kind: "transient", reason, lost: true, retryAfterMs });
const throttled = (retryAfterMs?: number) =>
  refusal({ kind: "transient", reason: "throttled", lost: false, retryAfterMs });
const unknownApp = refusal({ kind: "configuration", reason: "application_cannot_be_found" });

function openGate(concurrency = 8) {
  let time = 1_000;
  let shops = 0;
  const pauses: number[] = [];
  const gate = createCallGate({ concurrency, rate: 1e9, onPause: (ms) => pauses.push(ms), now: () => time });
  /** One call for a shop: another one each time unless named. */
  const say = async (answer: TokenAnswer, { shop = `s${shops++}`, tries = 0 } = {}) => {
    const permit = gate.acquire(shop, tries);
    await permit.run(async () => answer);
    permit.release();
    return permit.last!;
  };
  const many = async (count: number, answer: TokenAnswer) => {
    for (let i = 0; i < count; i++) await say(answer);
  };
  /** Whether one more shop may be taken up while this many others are. */
  const hasRoom = (others: number) => {
    // The rate is not what is looked at here.
    time += 0.001;
    const permits = Array.from({ length: others }, () => gate.acquire("x", 0));
    const opensIn = gate.opensIn();
    for (const permit of permits) permit.release();
    return opensIn === 0;
  };
  return { gate, pauses, say, many, hasRoom, pass: (ms: number) => (time += ms) };
}

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

it("one shop for which Shopify does not know the app halts nothing; three in a row do, and not one call more leaves", async () => {
  const { gate, say } = openGate(1);
  await say(pair);
  for (let i = 0; i < 5; i++) await say(unknownApp, { shop: "new-store" });
  await say(unknownApp);
  expect(gate.appRefused()).toBe(false);
  await say(pair);
  await say(unknownApp);
  await say(unknownApp);
  expect(gate.appRefused()).toBe(false);
  let calls = 0;
  const call = () => gate.acquire(`last${calls}`, 0).run(async () => (calls++, unknownApp));
  const ends = await Promise.allSettled([call(), call()]);
  expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(calls).toBe(1);
  expect(gate.appRefused()).toBe(true);
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
