import type { ShopDomain } from "../../../infra/shop-domain.ts";
import { services } from "../../../services.server.ts";
import { TokenError } from "../../../tokens/index.ts";
import { ConfirmPage } from "../../pages/confirm-page.tsx";
import { ShopPage } from "../../pages/shop-page.tsx";
import { type ConsoleRequest, type ConsoleSubmission, messageResponse } from "../door/console-route.server.tsx";
import { htmlResponse, seeOther } from "../door/respond.server.ts";
import { readShop, type ShopFacts } from "../facts/shops/read-shop.server.ts";
import { reasonWords } from "../../pages/words/reason-words.ts";
import { shopActions } from "../facts/shops/shop-actions.ts";

/** `GET /admin/shops/<domain>` for a browser. */
export const showShop = ofShop(async (facts, { url, visitor }) =>
  htmlResponse(<ShopPage facts={facts} result={resultOf(url)} visitor={visitor} />),
);

/** `POST /admin/shops/<domain>`: refreshes, or finds out what became of a lost answer. */
export const actOnShop = ofShop(async (facts, { form }: ConsoleSubmission) => {
  const action = shopActions(facts).find(({ name }) => name === form.get("do"));
  if (!action || action.name === "migrate") return notNow();
  const { tokens } = services;
  return attempt(facts.shop, action.name, async () => {
    if (action.name === "refresh") await tokens.refresh(facts.shop);
    else await tokens.reconcile(facts.shop);
    return action.name === "refresh" ? "refreshed" : "reconciled";
  });
});

/** `GET /admin/shops/<domain>/migrate`: says what cannot be undone, and asks. */
export const askToMigrateShop = ofShop(async (facts, { visitor }) => {
  if (visitor.role !== "operator") return seeOther(`/admin/shops/${facts.shop}`);
  if (!shopActions(facts).some(({ name }) => name === "migrate")) return notNow();
  return htmlResponse(
    <ConfirmPage
      title={`Migrate ${facts.shop}?`}
      action="Migrate this store"
      understood="I have understood that its permanent token does not come back."
      section="Shops"
      visitor={visitor}
      back={`/admin/shops/${facts.shop}`}
    >
      <p>Its permanent token is exchanged for an expiring one, and the new one is proven with an Admin call.</p>
      <p className="notice bad">
        <strong>This cannot be undone:</strong> Shopify ends the permanent token as it is exchanged. Where Shopify
        refuses, nothing changes.
      </p>
    </ConfirmPage>,
  );
});

/** `POST /admin/shops/<domain>/migrate` */
export const migrateShopNow = ofShop(async (facts, { form, ...asked }: ConsoleSubmission) => {
  if (form.get("understood") !== "yes") return askToMigrateShop(asked);
  if (!shopActions(facts).some(({ name }) => name === "migrate")) return notNow();
  const { tokens } = services;
  return attempt(facts.shop, "migrate", async () => (await tokens.migrate(facts.shop, { verify: true })).code);
});

/** A handler of the addresses of one shop; 404 when nothing is stored of it. */
function ofShop<Asked extends ConsoleRequest = ConsoleRequest>(
  answer: (facts: ShopFacts, asked: Asked) => Promise<Response>,
) {
  return async (asked: Asked): Promise<Response> => {
    const facts = await readShop(asked.params["domain"]);
    if (facts) return answer(facts, asked);
    return messageResponse(
      404,
      "Nothing is stored of such a shop",
      "Look for it by the beginning of its myshopify.com domain.",
    );
  };
}

/** What the action came to is told by the page that it leads back to, by its code. */
async function attempt(shop: ShopDomain, action: string, act: () => Promise<string>): Promise<Response> {
  const { log } = services;
  log.info({ shop, action }, "an operator acts on a shop");
  let code: string;
  try {
    code = await act();
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    log.warn({ err: error, shop, action }, "what an operator asked for a shop did not succeed");
    code = error.reason;
  }
  return seeOther(`/admin/shops/${shop}?${new URLSearchParams({ did: action, code })}`);
}

const GOOD = new Set([
  "refreshed",
  "reconciled",
  "migrated",
  "verified",
  "verified_after_refresh",
  "stored_not_verified",
  "stored_while_suspended",
  "already_expiring",
]);

function resultOf(url: URL): { words: string; tone: "good" | "bad" } | undefined {
  const code = url.searchParams.get("code");
  if (!url.searchParams.has("did") || !code || !/^\w{1,60}$/.test(code)) return undefined;
  return { words: reasonWords(code), tone: GOOD.has(code) ? "good" : "bad" };
}

function notNow(): Response {
  return messageResponse(409, "This cannot be done now", "The shop's state has changed meanwhile. Look at it again.");
}
