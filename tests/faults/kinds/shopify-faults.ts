import type { Fault as Trouble } from "../../../sandbox/platform/types.ts";
import { type Fault, sleep } from "../fault.ts";

/** Shopify in trouble for 15 s, at the token endpoint and the Admin API, with a migration under way. */
function shopify(title: string, effects: Trouble["effect"][]): Fault {
  return {
    title,
    seconds: 15,
    inRun: true,
    async happen({ world, seconds }) {
      const { faults } = world.sandbox.client;
      const ids = [];
      for (const effect of effects) {
        ids.push(await faults.add({ endpoint: ["token", "graphql"], probability: 1 / effects.length, effect }));
      }
      await sleep(seconds * 1_000);
      for (const id of ids) await faults.remove(id);
    },
  };
}

export const shopifyFaults: Record<string, Fault> = {
  "shopify-slow": shopify("Shopify takes 2 to 4 s for each answer, 15 s long", [
    { kind: "latency", beforeMs: [2_000, 4_000] },
  ]),
  "shopify-hangs": shopify(
    "For 15 s Shopify takes every request and answers it after 30 s, longer than the app waits",
    [{ kind: "latency", beforeMs: [30_000, 30_000] }],
  ),
  "shopify-refuses": shopify("Shopify answers 503, 520, 429 or resets the connection, 15 s long", [
    { kind: "status", status: 503, body: "html" },
    { kind: "status", status: 520, body: "text" },
    { kind: "throttle", retryAfterSeconds: 1 },
    { kind: "reset" },
  ]),
  "shopify-garbage": shopify(
    "Shopify answers 200 with HTML, JSON that breaks off after the change was made, or half a pair, 15 s long",
    [
      { kind: "status", status: 200, body: "html" },
      { kind: "truncate" },
      { kind: "omit", fields: ["expires_in", "refresh_token", "refresh_token_expires_in"] },
    ],
  ),
  "shopify-loses-answers": shopify(
    "Half of Shopify's answers are lost after the change was made, the others before, 15 s long",
    [{ kind: "lost-after-commit" }, { kind: "lost-before-commit" }],
  ),
};
