import { Session } from "@shopify/shopify-api";
import type { TokenAnswer } from "../../tokens/index.ts";
import { createCallGate } from "./call-gate.ts";

export const pair: TokenAnswer = {
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
export const broken = (reason = "http_503", retryAfterMs?: number) =>
  refusal({ kind: "transient", reason, lost: true, retryAfterMs });
export const throttled = (retryAfterMs?: number) =>
  refusal({ kind: "transient", reason: "throttled", lost: false, retryAfterMs });
export const unknownApp = refusal({ kind: "configuration", reason: "application_cannot_be_found" });

export const wrongSecret = refusal({ kind: "configuration", reason: "invalid_client" });

/** A gate in simulated time, and what shops are answered at it. */
export function openGate(concurrency = 8, options: { isAppKnown?: boolean } = {}) {
  let time = 1_000;
  let shops = 0;
  const pauses: number[] = [];
  const gate = createCallGate({
    ...options,
    concurrency,
    rate: 1e9,
    onPause: (ms) => pauses.push(ms),
    now: () => time,
  });
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
