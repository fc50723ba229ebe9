// Proves which install flow serves a shop in each phase, with the flag on and off.
import { describe, expect, it } from "vitest";
import type { Flags } from "../../infra/flags/flags.server.ts";
import { chooseInstallFlow } from "./install-flow.server.ts";

const flags = (on: boolean): Flags => ({ usesTokenExchange: async () => on });
const SHOP = "a.myshopify.com";

describe.each([true, false])("with the flag %s", (on) => {
  it("legacy uses the authorization code grant", async () => {
    expect(await chooseInstallFlow("legacy", flags(on), SHOP)).toBe("authorization_code");
  });

  it("expand asks the flag", async () => {
    expect(await chooseInstallFlow("expand", flags(on), SHOP)).toBe(on ? "token_exchange" : "authorization_code");
  });

  it("contract uses token exchange whatever the flag says", async () => {
    expect(await chooseInstallFlow("contract", flags(on), SHOP)).toBe("token_exchange");
  });
});
