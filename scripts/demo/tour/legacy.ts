import { PHASES } from "../demo-app.ts";
import { ensure, ensureEqual } from "../report.ts";
import type { TourContext } from "./tour-context.ts";
import { countPermanentTokens, storedSession, tokenCalls } from "./evidence.ts";
import { installThroughOAuth } from "./install-through-oauth.ts";
import { openEmbedded } from "./open-embedded.ts";

/** 1. The app as it was: a first install through the authorization code grant stores a permanent token. */
export async function playLegacy({ stage, report, merchant, shops, seeds }: TourContext): Promise<void> {
  const { client } = stage.sandbox;
  const shop = shops.legacy;
  await report.check("the app starts with token exchange off", async () => {
    await stage.runner.start(PHASES.legacy);
  });
  await client.createShop(shop, { name: "First Customer" });
  await report.check("a merchant installs: /auth → Shopify's consent page → /auth/callback", async () => {
    await installThroughOAuth(merchant, await client.launchUrl(shop, { embedded: false }));
  });
  await report.check(
    "Shopify issued one permanent token, by authorization code, and it is the one stored",
    async () => {
      const view = await client.shop(shop);
      ensureEqual(view.token, "permanent", "Shopify's record of the shop");
      const calls = await tokenCalls(stage, shop);
      ensureEqual(
        calls.map(({ grant, outcome }) => `${grant} ${outcome}`).join(", "),
        "authorization_code issued",
        "token calls",
      );
      const stored = await storedSession(stage, shop);
      ensure(stored && stored.accessToken === view.permanentToken, "the stored token is not the one Shopify issued");
      ensure(!stored.refreshToken && !stored.expires, "the stored token is not permanent");
    },
  );
  await report.check("the app works inside the Admin and shows the shop's name", async () => {
    await openEmbedded(stage, merchant, shop);
  });
  await report.check(
    `${seeds.permanent.length + 2} permanent tokens are stored now, counted by what they are`,
    async () => {
      // The seeded shops, the one that uninstalled unnoticed, and the one that has just installed.
      ensureEqual(await countPermanentTokens(stage), seeds.permanent.length + 2, "permanent tokens in the database");
    },
  );
}
