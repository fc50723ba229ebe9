import { ensure, ensureEqual } from "../report.ts";
import type { Merchant, Page } from "../merchant.ts";
import type { Stage } from "../stage.ts";

/** Opens the app as Shopify Admin does, in its frame, with an ID token; the page must be the home page and name the shop. */
export async function openEmbedded(stage: Stage, merchant: Merchant, shop: string): Promise<Page> {
  const page = await merchant.open(await stage.sandbox.client.launchUrl(shop, { embedded: true }));
  ensureEqual(page.status, 200, `${shop} opens the app`);
  const { name } = await stage.sandbox.client.shop(shop);
  ensure(page.html.includes(name), `the page does not show the shop's name, ${name}`);
  const policy = page.headers.get("content-security-policy") ?? "";
  ensure(policy.includes(`https://${shop}`), "the page may not be framed by this shop's Admin");
  return page;
}
