import { beforeEach } from "vitest";
import type { TokenDependencies } from "../../app/tokens/index.ts";
import { createApi } from "../support/create-api.ts";
import { tokensHarness } from "./tokens-harness.ts";

/** Tokens whose client secret can be rotated, for a whole test file; every test begins without a shop. */
export function rotationHarness() {
  const h = tokensHarness();
  beforeEach(async () => {
    await h.sandbox.client.reset();
    await h.database.query(`DELETE FROM "Session"`);
    await h.database.query(`DELETE FROM expand_contract."ShopToken"`);
  });

  return {
    h,
    /**
     * A process as it is before a rotation of the client secret, and what makes one that knows both secrets.
     * @param options of every process in it.
     */
    rotation(options: Partial<TokenDependencies> = {}) {
      return {
        before: h.process(options),
        rotate: async () => {
          const { secret } = await h.sandbox.client.rotateSecret();
          const [api, previousApi] = [createApi(secret), createApi()];
          return {
            secret,
            process: () => h.process({ ...options, api, previousApi }),
            /** Without SHOPIFY_API_SECRET_PREVIOUS. */
            alone: () => h.process({ ...options, api }),
          };
        },
      };
    },
  };
}
