// Proves that the flag follows the rollout, and that another provider can decide instead.
import { InMemoryProvider, OpenFeature } from "@openfeature/server-sdk";
import { afterEach, describe, expect, it } from "vitest";
import { createFlags } from "./flags.server.ts";
import { parseRollout } from "./rollout.ts";

afterEach(() => OpenFeature.clearProviders());

describe("createFlags", () => {
  it("follows the rollout while token exchange is on", async () => {
    const flags = await createFlags({ enabled: true, rollout: parseRollout("0%,+vip.myshopify.com") });
    expect(await flags.usesTokenExchange("vip.myshopify.com")).toBe(true);
    expect(await flags.usesTokenExchange("other.myshopify.com")).toBe(false);
  });

  it("is off for every shop while token exchange is off", async () => {
    const flags = await createFlags({ enabled: false, rollout: parseRollout("100%,+vip.myshopify.com") });
    expect(await flags.usesTokenExchange("vip.myshopify.com")).toBe(false);
  });

  it("lets another OpenFeature provider decide", async () => {
    const provider = new InMemoryProvider({
      "token-exchange": { variants: { on: true, off: false }, defaultVariant: "on", disabled: false },
    });
    const flags = await createFlags({ enabled: false, rollout: parseRollout("0%"), provider });
    expect(await flags.usesTokenExchange("any.myshopify.com")).toBe(true);
  });
});
