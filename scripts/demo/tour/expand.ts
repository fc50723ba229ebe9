import { PHASES } from "../demo-app.ts";
import { ensure, ensureEqual } from "../report.ts";
import type { TourContext } from "./tour-context.ts";
import { countPermanentTokens, mark, storedSession, tokenCalls } from "./evidence.ts";
import { installThroughOAuth } from "./install-through-oauth.ts";
import { openEmbedded } from "./open-embedded.ts";

/** 2. Both doors open: old shops work on, new ones get pairs, whichever way they come. */
export async function playExpand({ stage, report, merchant, shops }: TourContext): Promise<void> {
  const { client } = stage.sandbox;
  await report.check("the same app starts with token exchange on", async () => {
    await stage.runner.start(PHASES.expand);
  });
  const before = await countPermanentTokens(stage);

  await report.check("the shop with the permanent token still works, and nobody touched its token", async () => {
    const since = await mark(stage);
    await openEmbedded(stage, merchant, shops.legacy);
    ensureEqual((await tokenCalls(stage, shops.legacy, since)).length, 0, "token calls for it");
  });

  await client.createShop(shops.exchanged, { name: "Second Customer" });
  await client.installShop(shops.exchanged, { token: "none", name: "Second Customer" });
  await report.check("a new merchant opens the app: one ID token exchange, and the pair is stored", async () => {
    await openEmbedded(stage, merchant, shops.exchanged);
    await ensurePair(shops.exchanged, "id_token");
  });

  await client.createShop(shops.oauth, { name: "Third Customer" });
  await report.check("another merchant installs through the legacy link: a pair by authorization code", async () => {
    await installThroughOAuth(merchant, `${stage.app.url}/auth?shop=${shops.oauth}`);
    await ensurePair(shops.oauth, "authorization_code");
    await openEmbedded(stage, merchant, shops.oauth);
  });

  await report.check("no new permanent token was made", async () => {
    ensureEqual(await countPermanentTokens(stage), before, "permanent tokens in the database");
  });

  async function ensurePair(shop: string, grant: string): Promise<void> {
    const calls = await tokenCalls(stage, shop);
    ensureEqual(calls.map((call) => `${call.grant} ${call.outcome}`).join(", "), `${grant} issued`, "token calls");
    const stored = await storedSession(stage, shop);
    ensure(stored?.refreshToken && stored.expires && stored.refreshTokenExpires, "what is stored is no pair");
    ensure(await client.ledger.isCurrentPair(shop, stored), "the stored pair is not the one that Shopify issued last");
  }
}
