import { ensure } from "../report.ts";
import type { Merchant, Page } from "../merchant.ts";

/** Follows an address to Shopify's consent page, agrees, and follows on to where the merchant ends. */
export async function installThroughOAuth(merchant: Merchant, url: string): Promise<{ consent: Page; end: Page }> {
  const consent = await merchant.open(url);
  ensure(
    new URL(consent.url).pathname === "/admin/oauth/authorize" && consent.status === 200,
    `the merchant was not asked for consent, but ended on ${new URL(consent.url).pathname} (${consent.status})`,
  );
  const end = await merchant.submit(consent);
  ensure(
    end.hops.some((hop) => new URL(hop).pathname === "/auth/callback"),
    "Shopify did not come back to /auth/callback",
  );
  return { consent, end };
}
